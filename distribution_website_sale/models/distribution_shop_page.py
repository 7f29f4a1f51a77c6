from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.distribution_portal.claims import check_claims

_MAX_PRODUCTS = 60
_MAX_NAME_LENGTH, _MAX_PHRASE_LENGTH = 40, 120


class DistributionShopPage(models.Model):
    """A distributor's own page of the shop: a choice of products under a name, at `/d/CODE/shop`.

    The distributor fills it, an officer may switch it off with a reason that the distributor reads.
    Prices, stock and orders are the shop's: this is a way in, no shop of its own.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer          | own companies'   | x    | x     |        |        |
    | manager          | own companies'   | x    | x     | x      | x      |
    | portal           | its own          | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+

    Portal pages write through `_save_own`, `_add_own` and `_remove_own`.
    """
    _name = 'distribution.shop.page'
    _description = "Shop Page of a Distributor"
    _inherit = ['mail.thread', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(string="Title", size=_MAX_NAME_LENGTH, required=True, tracking=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='cascade', check_company=True)
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    phrase = fields.Char(size=_MAX_PHRASE_LENGTH, tracking=True)
    picture = fields.Image(max_width=512, max_height=512)
    product_ids = fields.Many2many(
        comodel_name='product.template', relation='distribution_shop_page_product_rel', string="Products",
        check_company=True)
    state = fields.Selection(
        selection=[('shown', "Shown"), ('off', "Switched off")],
        required=True,
        readonly=True,
        default='shown',
        copy=False,
        tracking=True,
    )
    off_reason = fields.Char(string="Reason", help="Why it is switched off. The distributor reads it.", tracking=True)
    url = fields.Char(string="Address", compute='_compute_url')
    product_count = fields.Integer(string="Products Shown", compute='_compute_product_count')

    _distributor_uniq = models.UniqueIndex('(distributor_id)', "This distributor has a shop page already.")

    # === COMPUTE METHODS === #

    @api.depends('distributor_id.code')
    def _compute_url(self):
        for page in self:
            page.url = urljoin(page.distributor_id.get_base_url(), f'/d/{page.distributor_id.code}/shop')

    @api.depends('product_ids')
    def _compute_product_count(self):
        for page in self:
            page.product_count = len(page.product_ids)

    # === CONSTRAINT METHODS === #

    @api.constrains('name', 'phrase')
    def _check_claims(self):
        for page in self:
            check_claims(self.env, page.name, page.phrase)

    @api.constrains('product_ids')
    def _check_product_ids(self):
        if any(len(page.product_ids) > _MAX_PRODUCTS for page in self):
            raise UserError(self.env._("A shop page has at most %s products.", _MAX_PRODUCTS))

    # === ACTION METHODS === #

    def action_switch_off(self):
        """Button: show the page to nobody any more, and tell the distributor why."""
        self.check_access('write')
        for page in self:
            if not (page.off_reason or '').strip():
                raise UserError(self.env._("Please give a reason first: the distributor reads it."))
            if page._update_state(('shown',), 'off'):
                page.distributor_id.sudo()._inform(
                    self.env._("Your shop page is switched off"),
                    self.env._("Customers do not see your shop page any more. Reason: %s", page.off_reason))

    def action_switch_on(self):
        """Button: let customers see the page again."""
        self.check_access('write')
        for page in self:
            page._update_state(('off',), 'shown')
            page.off_reason = False

    def action_open(self):
        """Button: look at it as customers do."""
        self.ensure_one()
        return {'type': 'ir.actions.act_url', 'url': self.url, 'target': 'new'}

    # === BUSINESS METHODS === #

    @api.model
    def _save_own(self, distributor, name, phrase, picture=None):
        """Make or change the page at the wish of the distributor itself.

        :param distribution.distributor distributor:
        :param str name: As typed.
        :param str phrase: As typed.
        :param bytes|None picture: In base64; None: the picture stays as it is.
        :rtype: distribution.shop.page
        """
        self._check_active(distributor)
        name = (name or '').strip()[:_MAX_NAME_LENGTH]
        if not name:
            raise UserError(self.env._("Please give your shop page a name."))
        values = {'name': name, 'phrase': (phrase or '').strip()[:_MAX_PHRASE_LENGTH]}
        if picture is not None:
            values['picture'] = picture
        page = self._get_own(distributor)
        if page:
            page.write(values)
            return page
        return self.create({'distributor_id': distributor.id, **values})

    @api.model
    def _add_own(self, distributor, product):
        """Put a product on the page of the distributor, which is made when there is none."""
        self._check_active(distributor)
        page = self._get_own(distributor) or self.create({
            'distributor_id': distributor.id,
            'name': self.env._("Recommended by %s", self._get_alias(distributor))[:_MAX_NAME_LENGTH],
        })
        page.product_ids |= product

    @api.model
    def _remove_own(self, distributor, product):
        """Take a product off the page of the distributor."""
        self._get_own(distributor).product_ids -= product

    @api.model
    def _check_active(self, distributor):
        if distributor.state != 'active':
            raise UserError(self.env._("Only an active distributor has a shop page."))

    # === GETTERS === #

    @api.model
    def _get_own(self, distributor):
        return self.search([('distributor_id', '=', distributor.id)])

    @api.model
    def _get_alias(self, distributor):
        return self.env['distribution.poster.template']._get_alias(distributor)

    @api.model
    def _get_shown(self, code):
        """Return the page that customers see at the address of a code; empty while nobody may see it.

        :param object code: As it came from an address.
        :rtype: distribution.shop.page
        """
        distributor = self.env['distribution.distributor']._get_active_by_code(code)
        return self.search([('distributor_id', 'in', distributor.ids), ('state', '=', 'shown')])

    def _get_shown_products(self):
        """Return those of the products that the shop sells still."""
        self.ensure_one()
        return self.product_ids.filtered_domain(
            self.env['product.template']._distribution_get_share_domain(self.distributor_id))
