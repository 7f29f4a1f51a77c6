from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..claims import check_claims

# What distributors are shown, and what is judged before they are.
_SHOWN_TEXTS = ('name', 'body', 'video_url', 'file_name')
# The content that each kind is made of.
_CONTENT = {'text': 'body', 'picture': 'picture', 'video': 'video_url', 'file': 'file', 'training': 'body'}


class DistributionMaterial(models.Model):
    """Something that distributors share or learn from: a text, a picture, a video, a file, a training.

    Written as a draft and judged when it is published: material that promises income is refused (R23),
    also when it is changed afterwards. Who may see it is said in one place, `_get_visible_domain`.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer          | own companies'   | x    | x     | x      | draft  |
    +------------------+------------------+------+-------+--------+--------+

    Distributors have no rights here: the portal shows them what is for them, its files too.
    """
    _name = 'distribution.material'
    _description = "Sharing Material"
    _inherit = ['mail.thread', 'distribution.state.mixin']
    _order = 'sequence, published_at desc, id desc'
    _check_company_auto = True

    name = fields.Char(string="Title", required=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('published', "Published")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
        index=True,
    )
    kind = fields.Selection(
        selection=[
            ('text', "Text"), ('picture', "Picture"), ('video', "Video"), ('file', "File"), ('training', "Training"),
        ],
        required=True,
        default='text',
    )
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    category_id = fields.Many2one(
        comodel_name='distribution.material.category', index='btree_not_null', ondelete='restrict', check_company=True)
    tag_ids = fields.Many2many(
        comodel_name='distribution.material.tag', relation='distribution_material_tag_rel', string="Tags")
    level_ids = fields.Many2many(
        comodel_name='distribution.level',
        relation='distribution_material_level_rel',
        string="Levels",
        check_company=True,
        help="Whom it is for. Empty: distributors of every level.",
    )
    product_tmpl_id = fields.Many2one(
        comodel_name='product.template',
        string="Product",
        index='btree_not_null',
        ondelete='set null',
        check_company=True,
        help="It is shown beside this product, too.",
    )
    body = fields.Text(string="Text", help="Copied with one tap. Of a training: what there is to know.")
    picture = fields.Image(max_width=2048, max_height=2048)
    video_url = fields.Char(string="Video", help="The address of the page that plays it, beginning with https://.")
    file = fields.Binary(attachment=True)
    file_name = fields.Char()
    date_from = fields.Date(string="From")
    date_until = fields.Date(string="Until", help="From this day on it is not shown any more.")
    published_at = fields.Datetime(readonly=True, copy=False)
    published_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False)
    done_ids = fields.One2many(
        comodel_name='distribution.material.done', inverse_name='material_id', string="Done by", readonly=True)
    done_count = fields.Integer(compute='_compute_done_count')

    _check_dates = models.Constraint(
        'CHECK (date_until > date_from)', "Material is shown for one day at least: the end comes after the beginning.")
    _shown_idx = models.Index("(company_id, sequence, id) WHERE state = 'published' AND active")

    # === COMPUTE METHODS === #

    @api.depends('done_ids')
    def _compute_done_count(self):
        counts = dict(self.env['distribution.material.done']._read_group(
            [('material_id', 'in', self.ids)], ['material_id'], ['__count']))
        for material in self:
            material.done_count = counts.get(material, 0)

    # === CONSTRAINT METHODS === #

    @api.constrains('video_url')
    def _check_video_url(self):
        for material in self.filtered('video_url'):
            parts = urlsplit(material.video_url)
            if parts.scheme != 'https' or not parts.netloc:
                raise ValidationError(self.env._("The address of a video begins with https://."))

    @api.constrains('state', 'kind', 'picture', 'file', *_SHOWN_TEXTS)
    def _check_published(self):
        for material in self.filtered(lambda material: material.state == 'published'):
            material._check_publishable()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._without_gate_fields(vals) for vals in vals_list])

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(material.published_at for material in self):
            raise UserError(self.env._("Distributors may have shared this. Archive it instead."))

    # === ACTION METHODS === #

    def action_publish(self):
        """Button: judge the texts, and show the material to those whom it is for."""
        self.check_access('write')
        for material in self:
            material._check_publishable()
            if material._update_state(('draft',), 'published'):
                material.sudo().write({'published_at': fields.Datetime.now(), 'published_by_id': self.env.uid})

    def action_withdraw(self):
        """Button: show it to nobody any more, and let it be rewritten."""
        self.check_access('write')
        for material in self:
            material._update_state(('published',), 'draft')

    def action_view_done(self):
        """Smart button: who went through this training."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_portal.distribution_material_done_action'),
            'domain': [('material_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _set_done(self, distributor):
        """Note that a distributor is through with this training.

        :param distribution.distributor distributor: One that may see it.
        """
        self.ensure_one()
        if self.kind != 'training':
            raise UserError(self.env._("Only a training can be done."))
        self.env['distribution.material.done'].sudo()._record(self, distributor)

    # === GETTERS === #

    @api.model
    def _get_visible_domain(self, distributor):
        """Return what a distributor may see: published, for its level, within its days; nothing while not active.

        :param distribution.distributor distributor:
        :rtype: Domain
        """
        if distributor.state != 'active':
            return Domain.FALSE
        today = fields.Date.context_today(self)
        return Domain([
            ('company_id', '=', distributor.company_id.id),
            ('state', '=', 'published'),
            ('level_ids', 'in', [False, *distributor.sudo().level_id.ids]),
            '|', ('date_from', '=', False), ('date_from', '<=', today),
            '|', ('date_until', '=', False), ('date_until', '>', today),
        ])

    @api.model
    def _get_search_domain(self, search):
        """Return which material somebody means who types this."""
        return Domain.OR(Domain(name, 'ilike', search) for name in ('name', 'body', 'tag_ids.name'))

    def _check_publishable(self):
        """Refuse what promises income, and what has nothing in it."""
        self.ensure_one()
        if not self[_CONTENT[self.kind]]:
            raise ValidationError(self.env._(
                "There is nothing in “%(name)s” yet: a %(kind)s is missing.",
                name=self.name, kind=dict(self._fields['kind']._description_selection(self.env))[self.kind]))
        check_claims(self.env, *(self[name] for name in _SHOWN_TEXTS))
