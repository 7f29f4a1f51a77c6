import re
import secrets
from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# Without the characters that people confuse when reading a code aloud: 0 O 1 I L.
CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
_CODE_LENGTH = 8
CODE_PATTERN = re.compile(r'[A-Z0-9]{4,16}')

STATES = [
    ('draft', "Draft"),
    ('applied', "Applied"),
    ('active', "Active"),
    ('suspended', "Suspended"),
    ('closed', "Closed"),
]


class DistributionDistributor(models.Model):
    """A partner who sells for a company by referral.

    +--------------+-----------------------+------+-------+--------+--------+
    | group        | records               | read | write | create | unlink |
    +==============+=======================+======+=======+========+========+
    | officer      | own companies'        | x    | x     | x      |        |
    | manager      | own companies'        | x    | x     | x      | x      |
    | finance      | own companies'        | x    |       |        |        |
    | portal       | its own               | x    |       |        |        |
    +--------------+-----------------------+------+-------+--------+--------+
    """
    _name = 'distribution.distributor'
    _description = "Distributor"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'code'
    _parent_store = True
    _check_company_auto = True
    _rec_names_search = ['code', 'partner_id']

    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Person or Company",
        required=True,
        index=True,
        ondelete='restrict',
        tracking=True,
    )
    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    code = fields.Char(
        required=True,
        copy=False,
        default=lambda self: self._get_new_code(),
        help="Stands in every referral link. 4 to 16 capital letters and digits.",
    )
    alias = fields.Char(help="The only name that other distributors see.")
    kind = fields.Selection(
        selection=[
            ('individual', "Individual"),
            ('sole_trader', "Sole trader"),
            ('company', "Company"),
            ('employee', "Employee"),
        ],
        required=True,
        default='individual',
        tracking=True,
    )
    state = fields.Selection(selection=STATES, required=True, readonly=True, default='draft', copy=False, tracking=True)
    level_id = fields.Many2one(
        comodel_name='distribution.level',
        index=True,
        ondelete='restrict',
        tracking=True,
        check_company=True,
    )
    parent_id = fields.Many2one(
        comodel_name='distribution.distributor',
        string="Upline",
        index=True,
        ondelete='restrict',
        tracking=True,
        check_company=True,
        groups='distribution_core.group_distribution_user',
    )
    parent_path = fields.Char(index=True, groups='distribution_core.group_distribution_user')
    child_ids = fields.One2many(
        comodel_name='distribution.distributor',
        inverse_name='parent_id',
        string="Downlines",
        groups='distribution_core.group_distribution_user',
    )
    upline_ids = fields.One2many(
        comodel_name='distribution.upline',
        inverse_name='distributor_id',
        string="Upline History",
        groups='distribution_core.group_distribution_user',
    )
    downline_count = fields.Integer(
        compute='_compute_downline_count', groups='distribution_core.group_distribution_user')
    risk_signal_ids = fields.One2many(
        comodel_name='distribution.risk.signal',
        inverse_name='distributor_id',
        groups='distribution_core.group_distribution_user',
    )
    is_held = fields.Boolean(
        string="Money Held", compute='_compute_is_held', help="Signals of risk checks wait for a judgement.")
    active_since = fields.Datetime(readonly=True, copy=False)
    closed_at = fields.Datetime(readonly=True, copy=False)
    referral_url = fields.Char(compute='_compute_referral_url')

    # Uniqueness as indexes, not constraints: merging partners deletes rows that break a constraint.
    _partner_uniq = models.UniqueIndex(
        '(partner_id, company_id)', "This partner is a distributor of this company already.")
    _code_uniq = models.UniqueIndex('(code)', "This code belongs to another distributor.")
    _state_idx = models.Index("(company_id, state)")

    # === COMPUTE METHODS === #

    @api.depends('code', 'partner_id.name')
    def _compute_display_name(self):
        for distributor in self:
            distributor.display_name = f"{distributor.partner_id.name or ''} ({distributor.code or ''})"

    @api.depends('child_ids')
    def _compute_downline_count(self):
        counts = dict(self._read_group([('parent_id', 'in', self.ids)], ['parent_id'], ['__count']))
        for distributor in self:
            distributor.downline_count = counts.get(distributor, 0)

    @api.depends('risk_signal_ids.state')
    def _compute_is_held(self):
        held = self.env['distribution.risk.signal']._get_held(self)
        for distributor in self:
            distributor.is_held = distributor in held

    @api.depends('code')
    def _compute_referral_url(self):
        for distributor in self:
            distributor.referral_url = urljoin(distributor.get_base_url(), f'/d/{distributor.code}')

    # === CONSTRAINT METHODS === #

    @api.constrains('parent_id')
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A distributor cannot stand in its own upline."))

    @api.constrains('code')
    def _check_code(self):
        for distributor in self:
            if not CODE_PATTERN.fullmatch(distributor.code):
                raise ValidationError(self.env._(
                    "The code “%s” does not fit: 4 to 16 capital letters and digits.", distributor.code))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('code'):
                vals['code'] = vals['code'].strip().upper()
        self._touch_uplines({vals.get('parent_id') for vals in vals_list})
        distributors = super().create(vals_list)
        self.env['distribution.upline'].sudo()._record(distributors)
        return distributors

    def write(self, vals):
        if vals.get('code'):
            vals = {**vals, 'code': vals['code'].strip().upper()}
        if 'parent_id' not in vals:
            return super().write(vals)
        self._touch_uplines([vals['parent_id']])
        moving = self.filtered(lambda distributor: distributor.parent_id.id != (vals['parent_id'] or False))
        res = super().write(vals)
        self.env['distribution.upline'].sudo()._record(moving, self.env.context.get('distribution_upline_reason'))
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(distributor.state != 'draft' for distributor in self):
            raise UserError(self.env._("Only a draft can be deleted. Close the distributor instead."))

    # === ACTION METHODS === #

    def action_apply(self):
        """Button: hand in the application."""
        self._set_applied()

    def action_activate(self):
        """Button: approve an application, or let a suspended distributor go on."""
        self._set_active()

    def action_suspend(self):
        """Button: ask why, then suspend."""
        return self._get_state_change_action('suspended')

    def action_close(self):
        """Button: ask why, then close."""
        return self._get_state_change_action('closed')

    def action_change_upline(self):
        """Button: ask for the next upline and the reason."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_upline_change_action'),
            'context': {'default_distributor_id': self.id},
        }

    def action_view_downlines(self):
        """Smart button: the distributors directly below."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Downlines"),
            'res_model': self._name,
            'view_mode': 'hierarchy,list,form',
            'domain': [('parent_id', '=', self.id)],
            'context': {'default_parent_id': self.id},
        }

    def action_view_risk_signals(self):
        """Smart button: what the risk checks found."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_risk_signal_action'),
            'domain': [('distributor_id', '=', self.id)],
            'context': {},
        }

    def action_view_orders(self):
        """Smart button: the orders credited to this distributor."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Credited Orders"),
            'res_model': 'distribution.attribution',
            'view_mode': 'list,form',
            'domain': [('tier_ids.distributor_id', '=', self.id)],
        }

    # === BUSINESS METHODS - UPLINE === #

    def _set_upline(self, parent, reason):
        """Move distributors below another one, with their teams.

        :param distribution.distributor parent: Empty: nobody stands above them any more.
        :param str reason: Kept in the history.
        """
        leaving = self.parent_id - parent
        self.with_context(distribution_upline_reason=reason).write({'parent_id': parent.id})
        self._message_log_batch({
            distributor.id: self.env._(
                "Upline: %(upline)s. %(reason)s", upline=parent.display_name or "–", reason=reason)
            for distributor in self
        })
        (self | leaving | parent)._inform(
            self.env._("Change of upline"),
            self.env._("Who stands above whom in your network has changed. Reason: %s", reason))

    def _inform(self, subject, body):
        """Send a message to the distributors themselves, each in a mail of its own: nobody sees the others.

        :param str subject:
        :param str body: Text. No names of others.
        """
        for distributor in self:
            distributor.message_notify(partner_ids=distributor.partner_id.ids, subject=subject, body=body)

    @api.model
    def _touch_uplines(self, parent_ids):
        """Write the rows of those who are about to stand above somebody, as they are.

        Who moves one of their ancestors at the same moment writes these rows, too: one of the two
        transactions fails and is tried again. Without that, at REPEATABLE READ, two moves could close
        a loop, or leave a `parent_path` that leads through a former upline.

        :param Iterable[int] parent_ids:
        """
        parent_ids = sorted(filter(None, parent_ids))
        if parent_ids:
            self.flush_model(['parent_id', 'parent_path'])
            self.env.execute_query(SQL(
                """
                UPDATE distribution_distributor SET parent_id = parent_id WHERE id = ANY(%s) RETURNING id
                """, parent_ids))

    # === BUSINESS METHODS - STATES === #

    def _set_applied(self):
        self._update_state(('draft', 'closed'), 'applied')

    def _set_active(self):
        """Activate; the first time is remembered as the beginning of the tenure."""
        for distributor in self._update_state(('draft', 'applied', 'suspended'), 'active'):
            if not distributor.active_since:
                distributor.active_since = fields.Datetime.now()

    def _set_suspended(self, reason):
        self._update_state(('active',), 'suspended', reason)

    def _set_closed(self, reason):
        for distributor in self._update_state(('draft', 'applied', 'active', 'suspended'), 'closed', reason):
            distributor.closed_at = fields.Datetime.now()

    def _update_state(self, allowed_states, target_state, reason=None):
        """The one gate through which states change.

        :param tuple[str] allowed_states:
        :param str target_state:
        :param str reason: Put into the history.
        :return: Those that changed; being there already is no error.
        :rtype: distribution.distributor
        :raise UserError: from a state that is not allowed.
        """
        moving = self.filtered(lambda distributor: distributor.state != target_state)
        labels = dict(self._fields['state']._description_selection(self.env))
        for distributor in moving:
            if distributor.state not in allowed_states:
                raise UserError(self.env._(
                    "%(distributor)s is %(state)s and cannot become %(target)s.",
                    distributor=distributor.display_name,
                    state=labels[distributor.state],
                    target=labels[target_state],
                ))
        moving.write({'state': target_state})
        if reason:
            moving._message_log_batch({distributor.id: reason for distributor in moving})
        return moving

    # === GETTERS === #

    @api.model
    def _get_new_code(self):
        return ''.join(secrets.choice(CODE_ALPHABET) for _ in range(_CODE_LENGTH))

    @api.model
    def _get_active_by_code(self, code):
        """Return the active distributor with this code, or an empty recordset for anything else.

        :param object code: As it came from a link: unknown, malformed or not even text.
        :rtype: distribution.distributor
        """
        code = code.strip().upper() if isinstance(code, str) else ''
        if not CODE_PATTERN.fullmatch(code):
            return self.browse()
        return self.search([('code', '=', code), ('state', '=', 'active')], limit=1)

    def _get_state_change_action(self, target_state):
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_state_change_action'),
            'context': {'default_distributor_ids': self.ids, 'default_target_state': target_state},
        }
