import re
import secrets
from typing import NamedTuple
from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..local_path import MAX_PATH_LENGTH, get_local_path
from .distribution_distributor import CODE_ALPHABET, CODE_PATTERN

# The hyphen keeps the codes of links apart from the personal codes, which have none.
LINK_CODE_PATTERN = re.compile(r'[A-Z0-9]{4}-[A-Z0-9]{4}')
_HALF_CODE_LENGTH = 4
_MAX_OWN_LINKS = 200


class Referral(NamedTuple):
    """What the code in a short address leads to."""

    distributor_id: int
    company_id: int
    partner_id: int             # the distributor's
    link_id: int | None         # None for a personal code
    counts: bool                # the distributor is active, the link neither archived nor expired
    target: str | None          # a path of this site
    campaign: str | None        # names, as UTM cookies carry them
    source: str | None
    medium: str | None
    window_days: int | None     # how long a touch counts; None when the company has no policy


class DistributionLink(models.Model):
    """A short address of a distributor that leads to one page, and counts who came by it.

    Beside it, the distributor's personal code always works: `/d/CODE` serves both.

    +--------------+-----------------------+------+-------+--------+--------+
    | group        | records               | read | write | create | unlink |
    +==============+=======================+======+=======+========+========+
    | officer      | own companies'        | x    | x     | x      |        |
    | manager      | own companies'        | x    | x     | x      | x      |
    | portal       | its own               | x    |       |        |        |
    +--------------+-----------------------+------+-------+--------+--------+

    Portal pages create and archive through `_create_own` and `_archive_own`.
    """
    _name = 'distribution.link'
    _description = "Promotion Link"
    _order = 'id desc'
    _check_company_auto = True
    _rec_names_search = ['name', 'code']

    name = fields.Char(required=True, help="For the distributor and the staff; visitors do not see it.")
    active = fields.Boolean(default=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor',
        required=True,
        index=True,
        ondelete='cascade',
        check_company=True,
    )
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    code = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self._get_new_code())
    product_tmpl_id = fields.Many2one(
        comodel_name='product.template',
        string="Product",
        index='btree_not_null',
        ondelete='set null',
        check_company=True,
        domain="[('sale_ok', '=', True)]",
    )
    target = fields.Char(
        string="Page",
        compute='_compute_target',
        store=True,
        readonly=False,
        help="Where the link leads to: a path of this site, such as /shop. Empty: the shop, or the home page.",
    )
    campaign_id = fields.Many2one(comodel_name='utm.campaign', index='btree_not_null', ondelete='set null')
    source_id = fields.Many2one(comodel_name='utm.source', index='btree_not_null', ondelete='set null')
    medium_id = fields.Many2one(comodel_name='utm.medium', index='btree_not_null', ondelete='set null')
    expires_on = fields.Date(help="From this day on the link leads to its page, and is credited to nobody.")
    is_expired = fields.Boolean(compute='_compute_is_expired')
    short_url = fields.Char(string="Short Address", compute='_compute_short_url')
    visit_count = fields.Integer(string="Visits", compute='_compute_counts', compute_sudo=True)
    visitor_count = fields.Integer(string="Visitors", compute='_compute_counts', compute_sudo=True)
    order_count = fields.Integer(string="Orders", compute='_compute_counts', compute_sudo=True)

    _code_uniq = models.UniqueIndex('(code)', "This code belongs to another link.")

    # === COMPUTE METHODS === #

    @api.depends('product_tmpl_id')
    def _compute_target(self):
        for link in self:
            link.target = (link.product_tmpl_id and link._get_product_path(link.product_tmpl_id)) or link.target

    @api.depends('expires_on')
    def _compute_is_expired(self):
        today = fields.Date.today()     # as in `_resolve`: everywhere at the same moment
        for link in self:
            link.is_expired = bool(link.expires_on and link.expires_on <= today)

    @api.depends('code', 'distributor_id')
    def _compute_short_url(self):
        for link in self:
            link.short_url = urljoin(link.distributor_id.get_base_url(), f'/d/{link.code}')

    def _compute_counts(self):
        counts = {row['link_id']: row for row in self._get_counts()}
        for link in self:
            row = counts.get(link._origin.id, {})
            link.visit_count = row.get('visits', 0)
            link.visitor_count = row.get('visitors', 0)
            link.order_count = row.get('orders', 0)

    # === CONSTRAINT METHODS === #

    @api.constrains('target')
    def _check_target(self):
        for link in self:
            if link.target and not get_local_path(link.target):
                raise ValidationError(self.env._(
                    "“%(target)s” is no page of this site: it begins with one slash and has at most %(max)s characters.",
                    target=link.target[:100], max=MAX_PATH_LENGTH))

    @api.constrains('code')
    def _check_code(self):
        for link in self:
            if not LINK_CODE_PATTERN.fullmatch(link.code):
                raise ValidationError(self.env._("The code of a link has the form ABCD-2345."))

    # === CRUD METHODS === #

    def write(self, vals):
        for link in self:
            if vals.get('code', link.code) != link.code or (
                    vals.get('distributor_id', link.distributor_id.id) != link.distributor_id.id):
                raise UserError(self.env._("A link keeps its code and its distributor. Make another link instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_visited(self):
        if self.env['distribution.touch'].sudo().search_count([('link_id', 'in', self.ids)], limit=1):
            raise UserError(self.env._("Somebody came by this link. Archive it instead."))

    # === ACTION METHODS === #

    def action_view_touches(self):
        """Smart button: who came by this link."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_touch_action'),
            'domain': [('link_id', 'in', self.ids)],
        }

    def action_view_orders(self):
        """Smart button: the orders that visits through this link were credited with."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_attribution_action'),
            'domain': [('touch_id.link_id', 'in', self.ids)],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _create_own(self, distributor, name, target):
        """Create a link at the wish of the distributor itself.

        :param distribution.distributor distributor:
        :param str name: As typed.
        :param str|bool target: A path of this site.
        :rtype: distribution.link
        :raise UserError: when it may have none, or has too many.
        """
        if distributor.state != 'active':
            raise UserError(self.env._("Only an active distributor can make links."))
        if not (name or '').strip():
            raise UserError(self.env._("Please give the link a name."))
        if self.search_count([('distributor_id', '=', distributor.id)]) >= _MAX_OWN_LINKS:
            raise UserError(self.env._("You have %s links. Archive one that you need no longer.", _MAX_OWN_LINKS))
        return self.create({'distributor_id': distributor.id, 'name': name.strip()[:100], 'target': target})

    def _archive_own(self):
        """Archive links at the wish of the distributor: what they brought so far stays."""
        self.action_archive()

    # === GETTERS === #

    @api.model
    def _get_new_code(self):
        first, second = (
            ''.join(secrets.choice(CODE_ALPHABET) for _ in range(_HALF_CODE_LENGTH)) for _half in range(2))
        return f'{first}-{second}'

    def _get_product_path(self, product):
        """Hook: return the path of the page of a product, or nothing when it has none.

        :param product.template product:
        :rtype: str|None
        """
        return

    @api.model
    def _resolve(self, code):
        """Tell what a code leads to: a link's, or a distributor's personal one. One statement.

        :param object code: As it came from an address: unknown, malformed or not even text.
        :rtype: Referral|None
        """
        code = code.strip().upper() if isinstance(code, str) else ''
        if LINK_CODE_PATTERN.fullmatch(code):
            origin = SQL(
                "distribution_link l JOIN distribution_distributor d ON d.id = l.distributor_id AND l.code = %s", code)
        elif CODE_PATTERN.fullmatch(code):
            origin = SQL(
                "distribution_distributor d LEFT JOIN distribution_link l ON FALSE WHERE d.code = %s", code)
        else:
            return None
        rows = self.env.execute_query(self._get_referral_query(origin))
        return Referral(*rows[0]) if rows else None

    @api.model
    def _get_referral_query(self, origin):
        self.flush_model()
        self.env['distribution.distributor'].flush_model(['code', 'state', 'partner_id', 'company_id'])
        self.env['distribution.policy'].flush_model(['company_id', 'valid_from', 'touch_window_days'])
        return SQL(
            """
            SELECT r.distributor_id, r.company_id, r.partner_id, r.link_id, r.counts, r.target,
                   (SELECT name FROM utm_campaign WHERE id = r.campaign_id),
                   (SELECT name FROM utm_source WHERE id = r.source_id),
                   (SELECT name FROM utm_medium WHERE id = r.medium_id),
                   (
                   SELECT touch_window_days
                     FROM distribution_policy
                    WHERE company_id = r.company_id AND valid_from <= %(today)s
                 ORDER BY valid_from DESC, id DESC
                    LIMIT 1
                   )
              FROM (
                   SELECT d.id AS distributor_id, d.company_id, d.partner_id, l.id AS link_id,
                          d.state = 'active' AND COALESCE(l.active, TRUE)
                              AND COALESCE(l.expires_on > %(today)s, TRUE) AS counts,
                          l.target, l.campaign_id, l.source_id, l.medium_id
                     FROM %(origin)s
                   ) r
            """, today=fields.Date.today(), origin=origin)

    def _get_counts(self):
        """Count visits, visitors and confirmed orders of these links.

        :rtype: list[dict]
        """
        if not self.ids:
            return []
        self.env['distribution.touch'].flush_model()
        self.env['sale.order'].flush_model(['state'])
        return self.env.execute_query_dict(SQL(
            """
            SELECT t.link_id, COUNT(DISTINCT t.id) AS visits, COUNT(DISTINCT t.visitor) AS visitors,
                   COUNT(DISTINCT o.id) AS orders
              FROM distribution_touch t
         LEFT JOIN distribution_attribution a ON a.touch_id = t.id
         LEFT JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
             WHERE t.link_id = ANY(%s)
          GROUP BY t.link_id
            """, list(self.ids)))
