from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_transfer import Transfer, to_minor


class DistributionWithdrawal(models.Model):
    """The wish of a distributor to be paid. The attempts to fulfil it are payouts.

    From the moment it is asked the money is reserved; whatever ends it unpaid gives it back.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | finance          | own companies'  | x    | x     |        |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.withdrawal'
    _description = "Withdrawal"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True,
        check_company=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ('requested', "Requested"),
            ('approved', "Approved"),
            ('paid', "Paid"),
            ('refused', "Refused"),
            ('failed', "Failed"),
            ('cancelled', "Cancelled"),
        ],
        required=True,
        readonly=True,
        default='requested',
        tracking=True,
        index=True,
    )
    requested_at = fields.Datetime(required=True, readonly=True)
    approved_by_id = fields.Many2one(
        comodel_name='res.users', readonly=True, groups='distribution_core.group_distribution_user')
    channel_id = fields.Many2one(
        comodel_name='distribution.payout.channel', string="Payout Channel", check_company=True,
        ondelete='restrict', index='btree_not_null', groups='distribution_core.group_distribution_user')
    partner_bank_id = fields.Many2one(
        comodel_name='res.partner.bank', string="Pay to", ondelete='restrict', index='btree_not_null',
        readonly=True, groups='distribution_core.group_distribution_user')
    refusal_reason = fields.Char(readonly=True)
    payout_ids = fields.One2many(
        comodel_name='distribution.payout', inverse_name='withdrawal_id', readonly=True,
        groups='distribution_core.group_distribution_user')

    _check_amount = models.Constraint('CHECK (amount > 0)', "A withdrawal is of more than nothing.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A withdrawal is kept as a record. Refuse it instead."))

    # === ACTION METHODS === #

    def action_approve(self):
        """Button: promise the payment; a payout with a number of its own is made for it."""
        if held := self.distributor_id.filtered('is_held'):
            raise UserError(self.env._(
                "Signals of the risk checks wait for a judgement first: %s.", ", ".join(held.mapped('display_name'))))
        for withdrawal in self:
            if not withdrawal._update_state(('requested',), 'approved'):
                continue
            withdrawal.approved_by_id = self.env.user
            if not withdrawal.channel_id:
                withdrawal.channel_id = withdrawal._get_default_channel()
            withdrawal._create_payout()

    def action_refuse(self):
        """Button: give the money back. The reason is written into the field first."""
        for withdrawal in self:
            withdrawal._end_unpaid(('requested',), 'refused')

    def action_retry(self):
        """Button: after a failed payout, reserve the money again and try under a new number."""
        for withdrawal in self:
            withdrawal.distributor_id._lock_payable(withdrawal.amount)
            if withdrawal._update_state(('failed',), 'approved'):
                withdrawal._post_transfer('payable', 'reserved', 'reservation')
                withdrawal._create_payout()

    # === BUSINESS METHODS === #

    def _cancel_by_distributor(self):
        """Take the wish back, as long as nobody approved it.

        :raise UserError: when it is too late.
        """
        self.ensure_one()
        self._end_unpaid(('requested',), 'cancelled')

    def _set_paid(self):
        """Called by the payout that was done, after it moved the money."""
        self._update_state(('approved',), 'paid')

    def _set_failed(self, reason):
        """Called by the payout that failed for good: the money is the distributor's again."""
        self.ensure_one()
        self.refusal_reason = reason
        self._end_unpaid(('approved',), 'failed')

    def _end_unpaid(self, allowed_states, target_state):
        if self._update_state(allowed_states, target_state):
            self._post_transfer('reserved', 'payable', 'release')

    def _create_payout(self):
        self.env['distribution.payout'].sudo().create({
            'withdrawal_id': self.id,
            'channel_id': self.channel_id.id,
            'amount': self.amount,
        })

    def _post_transfer(self, source, destination, reason, amount=None, move_line=None):
        """Move the amount, or a part of it, between two buckets, once for each step of the withdrawal."""
        self.ensure_one()
        transfer_sudo = self.env['distribution.transfer'].sudo()
        steps = transfer_sudo.search_count([('withdrawal_id', '=', self.id)])
        transfer_sudo._post([Transfer(
            idempotency_key=f'withdrawal:{self.id}:{steps + 1}',
            distributor_id=self.distributor_id.id,
            source=source,
            destination=destination,
            amount=to_minor(self.amount if amount is None else amount, self.currency_id),
            reason=reason,
            withdrawal_id=self.id,
            move_line_id=move_line.id if move_line else None,
        )], self.company_id)

    # === GETTERS === #

    def _get_default_channel(self):
        channel = self.env['distribution.payout.channel'].search(
            [('company_id', '=', self.company_id.id)], limit=1)
        if not channel:
            raise UserError(self.env._("%s has no payout channel yet.", self.company_id.name))
        return channel
