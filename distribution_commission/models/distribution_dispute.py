from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

_OPEN_STATES = ('new', 'acknowledged')
_MAX_TEXT = 4000
_MAX_OPEN = 20
# Words that no ordinary complaint has in it: an administrator reads it at once.
_ALARMING = ('传销', '集资', 'pyramid')
_DAY_OF_WEEKEND = 5


class DistributionDispute(models.Model):
    """A distributor objects: to a commission, to who was credited with an order, or to anything else.

    new → acknowledged → upheld or rejected, or withdrawn; forward only, through one gate. A decision has a
    reason that the distributor reads. What is upheld about a commission is mended by an adjustment, which
    refers to the dispute.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    | x     | x      |        |
    | portal  | its own         | x    |       |        |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.dispute'
    _description = "Dispute"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    kind = fields.Selection(
        selection=[
            ('amount', "The amount is wrong"),
            ('missing', "A commission is missing"),
            ('attribution', "Somebody else was credited"),
            ('other', "Something else"),
        ],
        required=True,
        default='amount',
        tracking=True,
    )
    commission_id = fields.Many2one(
        comodel_name='distribution.commission', index='btree_not_null', ondelete='restrict',
        domain="[('distributor_id', '=', distributor_id)]")
    order_name = fields.Char(string="Order", help="As the distributor knows it.")
    description = fields.Text(required=True)
    state = fields.Selection(
        selection=[
            ('new', "New"),
            ('acknowledged', "In work"),
            ('upheld', "Upheld"),
            ('rejected', "Rejected"),
            ('withdrawn', "Taken back"),
        ],
        required=True, readonly=True, default='new', tracking=True, index=True, copy=False)
    submitted_at = fields.Datetime(required=True, readonly=True, copy=False, default=fields.Datetime.now)
    acknowledge_by = fields.Date(readonly=True, copy=False)
    answer_by = fields.Date(readonly=True, copy=False, help="Working days, without holidays; see the settings.")
    acknowledged_at = fields.Datetime(readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one(
        comodel_name='res.users', readonly=True, copy=False, ondelete='restrict',
        groups='distribution_core.group_distribution_user')
    decision = fields.Text(copy=False, help="The distributor reads it.")
    days_open = fields.Integer(
        string="Days until the Decision", readonly=True, copy=False, aggregator='avg')
    is_overdue = fields.Boolean(compute='_compute_is_overdue', search='_search_is_overdue')
    is_escalated = fields.Boolean(
        string="Urgent", readonly=True, copy=False, groups='distribution_core.group_distribution_user')
    adjustment_ids = fields.One2many(
        comodel_name='distribution.adjustment', inverse_name='dispute_id', readonly=True,
        groups='distribution_core.group_distribution_user')
    adjusted_amount = fields.Monetary(
        string="Adjusted", compute='_compute_adjusted_amount', compute_sudo=True)

    _commission_uniq = models.UniqueIndex(
        "(commission_id) WHERE commission_id IS NOT NULL AND state IN ('new', 'acknowledged')",
        "There is an open dispute about this commission already.")
    _answer_by_idx = models.Index("(company_id, answer_by) WHERE state IN ('new', 'acknowledged')")

    # === COMPUTE METHODS === #

    @api.depends('state', 'acknowledge_by', 'answer_by')
    def _compute_is_overdue(self):
        for dispute in self:
            today = dispute.company_id._distribution_get_today() if dispute.company_id else fields.Date.today()
            dispute.is_overdue = (
                dispute.state == 'new' and dispute.acknowledge_by and dispute.acknowledge_by < today
                or dispute.state in _OPEN_STATES and dispute.answer_by and dispute.answer_by < today)

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        today = self.env.company._distribution_get_today()
        return fields.Domain([('state', 'in', _OPEN_STATES)]) & (
            fields.Domain('answer_by', '<', today)
            | fields.Domain([('state', '=', 'new'), ('acknowledge_by', '<', today)]))

    @api.depends('adjustment_ids.state', 'adjustment_ids.amount')
    def _compute_adjusted_amount(self):
        for dispute in self:
            dispute.adjusted_amount = sum(
                dispute.adjustment_ids.filtered(lambda adjustment: adjustment.state == 'posted').mapped('amount'))

    # === CONSTRAINT METHODS === #

    @api.constrains('commission_id', 'distributor_id')
    def _check_commission_id(self):
        for dispute in self:
            if dispute.commission_id and dispute.commission_id.distributor_id != dispute.distributor_id:
                raise ValidationError(self.env._("A dispute is about a commission of the same distributor."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A dispute begins as new, with a number and its deadlines."""
        disputes = super().create([
            {
                **self._without_gate_fields(vals),
                'name': self.env['ir.sequence'].sudo().next_by_code('distribution.dispute'),
                'is_escalated': any(word in (vals.get('description') or '').lower() for word in _ALARMING),
            }
            for vals in vals_list
        ])
        for dispute_sudo in disputes.sudo():
            today = dispute_sudo.company_id._distribution_get_today()
            dispute_sudo.write({
                'acknowledge_by': self._add_working_days(today, dispute_sudo.company_id.distribution_acknowledge_days),
                'answer_by': self._add_working_days(today, dispute_sudo.company_id.distribution_answer_days),
            })
            dispute_sudo._notify_submitted()
        return disputes

    def write(self, vals):
        """Officers write what they know, as long as nothing is decided."""
        if not self.env.su and any(dispute.state not in _OPEN_STATES for dispute in self):
            raise UserError(self.env._("A dispute that was decided is kept as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A dispute is kept as a record."))

    # === ACTION METHODS === #

    def action_acknowledge(self):
        """Button: somebody looks into it."""
        self.check_access('write')
        for dispute_sudo in self.sudo():
            if dispute_sudo._update_state(('new',), 'acknowledged'):
                dispute_sudo.acknowledged_at = fields.Datetime.now()

    def action_uphold(self):
        """Button: the distributor is right."""
        self._decide('upheld')

    def action_reject(self):
        """Button: it stays as it is."""
        self._decide('rejected')

    def action_adjust(self):
        """Button: write down the correction of the commission."""
        self.ensure_one()
        return {
            **self.commission_id.action_adjust(),
            'context': {
                'default_commission_id': self.commission_id.id,
                'default_dispute_id': self.id,
                'default_reason': self.env._("Dispute %s", self.name),
            },
        }

    # === BUSINESS METHODS === #

    @api.model
    def _submit(self, distributor, values, documents=()):
        """Take what a distributor objects to, with its evidence. To be called as the system.

        :param distribution.distributor distributor: Who objects.
        :param dict values: `kind`, `description`, and a `commission_id` or an `order_name`.
        :param list[dict] documents: Values of attachments.
        :raise UserError: when it says nothing, or too many are open.
        """
        description = (values.get('description') or '').strip()[:_MAX_TEXT]
        if not description:
            raise UserError(self.env._("Say in a few words what is wrong."))
        open_disputes = self.search([('distributor_id', '=', distributor.id), ('state', 'in', _OPEN_STATES)])
        if len(open_disputes) >= _MAX_OPEN:
            raise UserError(self.env._("Please wait until we have answered what is open."))
        if values.get('commission_id') and values['commission_id'] in open_disputes.commission_id.ids:
            raise UserError(self.env._("There is an open dispute about this commission already."))
        dispute = self.create({
            'distributor_id': distributor.id,
            'kind': values['kind'],
            'commission_id': values.get('commission_id'),
            'order_name': (values.get('order_name') or '').strip()[:64],
            'description': description,
        })
        self.env['ir.attachment'].create([
            {**document, 'res_model': self._name, 'res_id': dispute.id} for document in documents])
        return dispute

    def _withdraw(self):
        """Take it back, by whoever filed it."""
        self.ensure_one()
        self._update_state(_OPEN_STATES, 'withdrawn')

    def _decide(self, state):
        self.check_access('write')
        for dispute in self:
            if not (dispute.decision or '').strip():
                raise UserError(self.env._("Write down the reason first; the distributor reads it."))
            dispute_sudo = dispute.sudo()
            if dispute_sudo._update_state(_OPEN_STATES, state):
                now = fields.Datetime.now()
                dispute_sudo.write({
                    'decided_by_id': self.env.uid, 'decided_at': now,
                    'acknowledged_at': dispute_sudo.acknowledged_at or now,
                    'days_open': (now - dispute_sudo.submitted_at).days,
                })
                dispute_sudo.activity_ids.unlink()
                dispute_sudo._send_decision()

    def _send_decision(self):
        template = self.env.ref('distribution_commission.mail_template_dispute_decided', raise_if_not_found=False)
        if template and self.distributor_id.partner_id.email:
            template.send_mail(self.id)

    def _notify_submitted(self):
        """Give an officer a task; what sounds alarming goes to every administrator."""
        group = 'group_distribution_manager' if self.is_escalated else 'group_distribution_user'
        users = self.company_id._distribution_get_users(group)
        for user in users if self.is_escalated else users[:1]:
            self.activity_schedule(
                'mail.mail_activity_data_todo', user_id=user.id, date_deadline=self.answer_by,
                summary=self.env._("Answer the dispute %s", self.name))

    # === GETTERS === #

    @api.model
    def _get_gate_fields(self):
        return {
            'name', 'state', 'submitted_at', 'acknowledge_by', 'answer_by', 'acknowledged_at', 'decided_at',
            'decided_by_id', 'days_open', 'is_escalated',
        }

    @api.model
    def _add_working_days(self, day, count):
        """Return the day that many days from Monday to Friday later."""
        while count > 0:
            day += timedelta(days=1)
            count -= day.weekday() < _DAY_OF_WEEKEND
        return day

    def _get_portal_url(self):
        self.ensure_one()
        return f'/my/distribution/disputes/{self.id}'


class DistributionAdjustment(models.Model):
    _inherit = 'distribution.adjustment'

    dispute_id = fields.Many2one(
        comodel_name='distribution.dispute', index='btree_not_null', ondelete='restrict',
        domain="[('commission_id', '=', commission_id)]")

    @api.constrains('dispute_id', 'commission_id')
    def _check_dispute_id(self):
        for adjustment in self.filtered('dispute_id'):
            if adjustment.dispute_id.commission_id != adjustment.commission_id:
                raise ValidationError(self.env._("The dispute is about another commission."))

    @api.model
    def _get_content_fields(self):
        return super()._get_content_fields() | {'dispute_id'}


class DistributionPolicyRule(models.AbstractModel):
    _inherit = 'distribution.policy.rule'

    @api.model
    def _check_r27(self, subject):
        """Override of `distribution_core`: complaints are acknowledged and answered in time."""
        disputes_sudo = self.env['distribution.dispute'].sudo().with_company(subject.company)
        count = disputes_sudo.search_count([('company_id', '=', subject.company.id)])
        if not count:
            return super()._check_r27(subject)
        overdue = disputes_sudo.search([('company_id', '=', subject.company.id), ('is_overdue', '=', True)])
        evidence = {'disputes': count, 'overdue': len(overdue)}
        return ('red', {**evidence, 'late': sorted(overdue.mapped('name'))[:20]}) if overdue else ('green', evidence)

    @api.model
    def _get_evidence_labels(self):
        return {
            **super()._get_evidence_labels(),
            'disputes': self.env._("Disputes"),
            'overdue': self.env._("Not answered in time"),
            'late': self.env._("Disputes concerned"),
        }


class ResCompany(models.Model):
    _inherit = 'res.company'

    distribution_acknowledge_days = fields.Integer(
        string="Days to Acknowledge a Dispute", default=1, help="Working days, without holidays.")
    distribution_answer_days = fields.Integer(
        string="Days to Answer a Dispute", default=15, help="Working days, without holidays.")

    @api.constrains('distribution_acknowledge_days', 'distribution_answer_days')
    def _check_distribution_dispute_days(self):
        for company in self:
            if not 0 < company.distribution_acknowledge_days <= company.distribution_answer_days <= 60:
                raise ValidationError(self.env._(
                    "A dispute is acknowledged after a day at least, and answered after that, within 60 days."))


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    distribution_acknowledge_days = fields.Integer(related='company_id.distribution_acknowledge_days', readonly=False)
    distribution_answer_days = fields.Integer(related='company_id.distribution_answer_days', readonly=False)
