from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What the profiles of China demand of every policy; a merchant may tighten them, never loosen them.
CN_PAID_TIERS = 2
CN_DAYS = 7
CN_COMMISSION_RATE = 30.0

# May change at any time: it is no part of what is agreed.
_FREE = {'name'}
# Frozen like the bounds, but about the version itself: says nothing in a comparison.
_BOOKKEEPING = {'company_id', 'valid_from', 'is_draft', 'published_at', 'published_by_id', 'author_id', 'reason'}
# Written by the model alone, whatever a caller gives.
_STAMPS = {'published_at', 'published_by_id', 'author_id'}


class DistributionPolicy(models.Model):
    """Versions: a policy is drafted, published, in force from its date on, and followed by the next.

    An order keeps the policy that was in force when it was confirmed, so that policy never changes
    again. Frozen is a version

    - that an order has pinned, or
    - that somebody published and whose date has come.

    The default policy that every company gets was published by nobody: it is in force at once and can
    still be fitted to the company until the first order pins it. A published version that has not
    begun can be changed or taken back: it was in force for nobody. A draft is in force for nobody
    either, whatever its date.
    """
    _name = 'distribution.policy'
    _inherit = ['distribution.policy', 'mail.activity.mixin']

    profile = fields.Selection(
        selection=[
            ('cn', "China, strict"),
            ('cn_one_tier', "China, one tier"),
            ('generic', "Elsewhere"),
        ],
        required=True,
        default='cn',
        tracking=True,
        help="What the bounds may be at most. China, strict: two paid tiers, seven days of return and hold, "
             "30 % of commission unless a second person signs for more. China, one tier: one paid tier, and "
             "no distributor stands above another one. Elsewhere: only what holds for everybody.",
    )
    is_draft = fields.Boolean(string="Is a Draft", readonly=True)
    state = fields.Selection(
        selection=[
            ('draft', "Draft"),
            ('scheduled', "Published"),
            ('in_force', "In force"),
            ('superseded', "Superseded"),
        ],
        compute='_compute_state',
    )
    is_frozen = fields.Boolean(compute='_compute_is_frozen')
    author_id = fields.Many2one(
        comodel_name='res.users', readonly=True, copy=False, ondelete='restrict',
        help="Who changed the bounds last.")
    published_at = fields.Datetime(string="Published on", readonly=True, copy=False)
    published_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False, ondelete='restrict')
    reason = fields.Char(string="Reason of the Change", copy=False, tracking=True)
    changes = fields.Text(compute='_compute_changes')

    _check_cn_paid_tiers = models.Constraint(
        f"CHECK (profile = 'generic' OR max_paid_tiers <= {CN_PAID_TIERS})",
        "In China no more than two tiers are paid.",
    )
    _check_cn_one_tier = models.Constraint(
        "CHECK (profile <> 'cn_one_tier' OR max_paid_tiers = 1)",
        "The profile “China, one tier” pays one tier.",
    )
    _check_cn_days = models.Constraint(
        f"CHECK (profile = 'generic' OR (return_window_days >= {CN_DAYS} AND hold_days >= {CN_DAYS}))",
        "In China return window and hold are seven days or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends('name', 'valid_from')
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = f"{policy.name or ''} ({policy.valid_from or '–'})"

    @api.depends('is_draft', 'valid_from', 'company_id')
    def _compute_state(self):
        today = fields.Date.context_today(self)
        in_force = {company: self._get_in_force(company, today) for company in self.company_id}
        for policy in self:
            if policy.is_draft or not policy._origin:
                policy.state = 'draft'
            elif policy.valid_from > today:
                policy.state = 'scheduled'
            else:
                policy.state = 'in_force' if policy._origin == in_force[policy.company_id] else 'superseded'

    @api.depends('is_draft', 'published_at', 'valid_from')
    def _compute_is_frozen(self):
        frozen = self._get_frozen()
        for policy in self:
            policy.is_frozen = policy in frozen

    @api.depends(lambda self: self._get_compared_fields())
    def _compute_changes(self):
        for policy in self:
            previous = policy._get_previous()
            policy.changes = "\n".join(
                f"{policy._fields[name]._description_string(self.env)}: "
                f"{previous._format_bound(name)} → {policy._format_bound(name)}"
                for name in policy._get_diff(previous)
            ) if previous else False

    # === CONSTRAINT METHODS === #

    @api.constrains('profile', 'max_commission_rate', 'is_draft', 'author_id')
    def _check_commission_is_signed(self):
        """In China more than 30 % needs a second person who signed for as much (R08). A draft may wait for it."""
        for policy in self:
            if policy.is_draft or policy.profile == 'generic' or policy.max_commission_rate <= CN_COMMISSION_RATE:
                continue
            if not policy.signoff_ids._find_second_person('R08', policy.max_commission_rate, policy.author_id):
                raise ValidationError(self.env._(
                    "A commission above %(limit)s %% needs the sign-off of a second person, for %(rate)s %%. "
                    "Make a new version and have it signed before it is published.",
                    limit=CN_COMMISSION_RATE, rate=policy.max_commission_rate))

    @api.constrains('profile', 'is_draft', 'company_id')
    def _check_one_tier(self):
        """Refuse the switch to one tier while somebody stands above somebody."""
        for policy in self.filtered(lambda policy: policy.profile == 'cn_one_tier' and not policy.is_draft):
            count = self.env['distribution.distributor'].sudo().search_count([
                ('company_id', '=', policy.company_id.id), ('parent_id', '!=', False)])
            if count:
                raise ValidationError(self.env._(
                    "%s distributors have an upline. With one tier nobody may have one: end these relations first.",
                    count))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([
            {**self._without_stamps(vals), 'author_id': self.env.uid} for vals in vals_list
        ])

    def write(self, vals):
        vals = self._without_stamps(vals)
        if self._get_frozen_fields() & set(vals):
            self._check_not_frozen()
        if 'is_draft' in vals:
            vals |= self._prepare_publication(vals['is_draft'])
        if set(self._get_compared_fields()) & set(vals):
            vals['author_id'] = self.env.uid
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(not policy.is_draft or policy.signoff_ids for policy in self):
            raise UserError(self.env._("Only a draft that nobody signed can be deleted. Old policies are kept as a record."))

    # === ACTION METHODS === #

    def action_publish(self):
        """Button: let this version be in force from its date on."""
        self.ensure_one()
        self.write({'is_draft': False})
        self._message_log(body=self.env._(
            "Published, in force from %(date)s. %(reason)s", date=self.valid_from, reason=self.reason))

    def action_withdraw(self):
        """Button: take a published version back before it begins."""
        self.ensure_one()
        self.write({'is_draft': True})
        self._message_log(body=self.env._("Taken back before it began."))

    def action_new_version(self):
        """Button: copy this version as a draft that begins later than all others."""
        self.ensure_one()
        latest = self.search([('company_id', '=', self.company_id.id)], limit=1)
        draft = self.copy({
            'is_draft': True,
            'valid_from': fields.Date.add(max(latest.valid_from, fields.Date.context_today(self)), days=1),
        })
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': draft.id,
        }

    # === BUSINESS METHODS === #

    def _check_not_frozen(self):
        """Refuse to change what orders rely on.

        The lock fails while an order that pins the version is being confirmed, and lets an order that
        comes now be tried again with what is written.
        """
        self.lock_for_update()
        frozen = self._get_frozen()
        if frozen:
            raise UserError(self.env._(
                "The policy “%(policy)s” of %(date)s was in force and orders rely on it: it is kept as it was. "
                "Make a new version instead.",
                policy=frozen[0].name, date=frozen[0].valid_from))

    # === GETTERS === #

    @api.model
    def _get_view(self, view_id=None, view_type='form', **options):
        """Override of `base` to show a frozen version as such, with the fields that other modules add."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == 'form':
            frozen = self._get_frozen_fields()
            for node in arch.xpath("//field[not(@readonly)][not(ancestor::field)]"):
                if node.get('name') in frozen:
                    node.set('readonly', 'is_frozen')
        return arch, view

    def _prepare_publication(self, is_draft):
        """Return who publishes now, or that nobody did; refuse what would change the past.

        :param bool is_draft: What the versions become.
        :rtype: dict
        """
        for policy in self:
            if is_draft and policy.state not in ('draft', 'scheduled'):
                raise UserError(self.env._("Only a published version that has not begun can be taken back."))
            if not is_draft and not policy.reason:
                raise UserError(self.env._("Say why the policy changes before you publish it."))
            if not is_draft and policy.valid_from < fields.Date.context_today(self):
                raise UserError(self.env._("A version cannot begin in the past: orders keep the policy they had."))
        return {
            'published_at': False if is_draft else fields.Datetime.now(),
            'published_by_id': False if is_draft else self.env.uid,
        }

    @api.model
    def _without_stamps(self, vals):
        return {name: value for name, value in vals.items() if name not in _STAMPS}

    @api.model
    def _get_frozen_fields(self):
        """Return the fields that nobody changes once a version is frozen: all but the free ones.

        Fields that other modules add are frozen and compared by themselves.

        :rtype: set[str]
        """
        return {
            name for name, field in self._fields.items()
            if field.store and field.type != 'one2many' and name not in models.MAGIC_COLUMNS and name not in _FREE
        }

    @api.model
    def _get_compared_fields(self):
        """Return the bounds and rules of a policy, without what is about the version itself.

        :rtype: list[str]
        """
        return sorted(self._get_frozen_fields() - _BOOKKEEPING, key=list(self._fields).index)

    def _get_diff(self, other):
        """Return what is different from another version.

        :param distribution.policy other: The older one.
        :return: Field to (value there, value here).
        :rtype: dict[str, tuple]
        """
        self.ensure_one()
        return {
            name: (other[name], self[name])
            for name in self._get_compared_fields() if other[name] != self[name]
        }

    def _get_previous(self):
        """Return the published version that began before this one."""
        return self.search([
            ('company_id', '=', self.company_id.id),
            ('is_draft', '=', False),
            ('valid_from', '<', self.valid_from),
        ], limit=1)

    def _get_frozen(self):
        """Return those of these versions that never change again, as the database knows it now."""
        today = fields.Date.context_today(self)
        pinned = self.env['distribution.attribution'].sudo()._read_group(
            [('policy_id', 'in', self._origin.ids)], ['policy_id'])
        pinned_ids = {policy.id for policy, in pinned}
        return self.filtered(lambda policy: policy._origin.id in pinned_ids or (
            policy.published_at and not policy.is_draft and policy.valid_from <= today))

    def _format_bound(self, name):
        """Return a value as a person reads it."""
        field, value = self._fields[name], self[name]
        if field.type == 'selection':
            return dict(field._description_selection(self.env)).get(value, "–")
        if field.type == 'boolean':
            return self.env._("yes") if value else self.env._("no")
        if field.relational:
            return ", ".join(value.mapped('display_name')) or "–"
        return str(value) if value or value == 0 else "–"

    @api.model
    def _is_one_tier(self, company):
        """Return whether a company pays one tier, now or by a version to come.

        :param res.company company:
        :rtype: bool
        """
        in_force = self._get_in_force(company)
        return in_force.profile == 'cn_one_tier' or bool(self.search_count([
            ('company_id', '=', company.id),
            ('is_draft', '=', False),
            ('profile', '=', 'cn_one_tier'),
            ('valid_from', '>', in_force.valid_from),
        ], limit=1))
