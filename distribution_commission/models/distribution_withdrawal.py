from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_transfer import Transfer, to_minor


class DistributionWithdrawal(models.Model):
    """The wish of a distributor to be paid. The attempts to fulfil it are payouts.

    From the moment it is asked the money is reserved; whatever ends it unpaid gives it back.
    requested → (checked: waits for a second person) → approved → paid or failed; refused or cancelled
    as long as nothing was sent; returned when the money came back after it was paid.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | finance          | own companies'  | x    | x     |        |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+

    Of its fields finance writes the channel and the reason of a refusal; the rest is set by the buttons.
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
    amount = fields.Monetary(required=True, readonly=True, help="What is taken from the payable.")
    fee_amount = fields.Monetary(string="Fee", readonly=True)
    net_amount = fields.Monetary(
        string="After the Fee", compute='_compute_net_amount', help="Tax, if any, is withheld when it is paid.")
    state = fields.Selection(
        selection=[
            ('requested', "Requested"),
            ('checked', "Waiting for a Second Person"),
            ('approved', "Approved"),
            ('paid', "Paid"),
            ('refused', "Refused"),
            ('failed', "Failed"),
            ('cancelled', "Cancelled"),
            ('returned', "Returned"),
        ],
        required=True,
        readonly=True,
        default='requested',
        tracking=True,
        index=True,
    )
    requested_at = fields.Datetime(required=True, readonly=True)
    entered_by_id = fields.Many2one(
        comodel_name='res.users', readonly=True, groups='distribution_core.group_distribution_user',
        help="The member of staff who asked in the name of the distributor; somebody else has to approve.")
    checked_by_id = fields.Many2one(
        comodel_name='res.users', string="First approved by", readonly=True,
        groups='distribution_core.group_distribution_user')
    approved_by_id = fields.Many2one(
        comodel_name='res.users', readonly=True, groups='distribution_core.group_distribution_user')
    channel_id = fields.Many2one(
        comodel_name='distribution.payout.channel', string="Payout Channel", check_company=True, tracking=True,
        ondelete='restrict', index='btree_not_null', groups='distribution_core.group_distribution_user')
    is_channel_chosen = fields.Boolean(
        string="Chosen by the Distributor", readonly=True,
        help="The distributor wants to be paid through this channel, so nobody changes it.")
    account_id = fields.Many2one(
        comodel_name='distribution.payee.account', string="Pay to", ondelete='restrict', index='btree_not_null',
        readonly=True, groups='distribution_core.group_distribution_user')
    account_name = fields.Char(
        string="Account", readonly=True, help="Bank and last digits, as they were when it was asked for.")
    refusal_reason = fields.Char(tracking=True)
    payout_ids = fields.One2many(
        comodel_name='distribution.payout', inverse_name='withdrawal_id', readonly=True,
        groups='distribution_core.group_distribution_user')

    _check_amount = models.Constraint('CHECK (amount > 0)', "A withdrawal is of more than nothing.")
    _check_fee = models.Constraint(
        'CHECK (COALESCE(fee_amount, 0) >= 0 AND COALESCE(fee_amount, 0) < amount)',
        "A fee leaves something of a withdrawal.")
    _check_four_eyes = models.Constraint(
        'CHECK (approved_by_id IS NULL OR (approved_by_id IS DISTINCT FROM checked_by_id'
        ' AND approved_by_id IS DISTINCT FROM entered_by_id))',
        "Whoever asked for a withdrawal, or approved it first, does not approve it.")

    # === COMPUTE METHODS === #

    @api.depends('amount', 'fee_amount')
    def _compute_net_amount(self):
        for withdrawal in self:
            withdrawal.net_amount = withdrawal.currency_id.round(withdrawal.amount - withdrawal.fee_amount)

    # === CRUD METHODS === #

    def write(self, vals):
        """A channel that the distributor chose stays."""
        if 'channel_id' in vals and not self.env.su and any(withdrawal.is_channel_chosen for withdrawal in self):
            raise UserError(self.env._("The distributor chose this channel. Refuse the withdrawal if it cannot be used."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A withdrawal is kept as a record. Refuse it instead."))

    # === ACTION METHODS === #

    def action_approve(self):
        """Button: promise the payment. Of several, those that cannot be approved stay, and are named."""
        self.check_access('write')
        obstacles = []
        for withdrawal in self.filtered(lambda withdrawal: withdrawal.state != 'approved'):
            if reason := withdrawal._get_approval_obstacle():
                obstacles.append(f"{withdrawal.name}: {reason}")
            else:
                withdrawal._approve()
        if obstacles and len(self) == len(obstacles):
            raise UserError("\n".join(obstacles))
        return self._notify_left_out(obstacles) if obstacles else None

    def action_refuse(self):
        """Button: give the money back. The reason is written into the field first."""
        self.check_access('write')
        for withdrawal in self:
            withdrawal._end_unsent('refused')

    def action_retry(self):
        """Button: after a failed payout, reserve the money again and try under a new number."""
        self.check_access('write')
        for withdrawal in self.filtered(lambda withdrawal: withdrawal.state != 'approved'):
            if reason := withdrawal._get_payment_obstacle():
                raise UserError(reason)
            withdrawal.distributor_id._lock_payable(withdrawal.amount)
            if withdrawal._update_state(('failed',), 'approved'):
                withdrawal._post_transfer('payable', 'reserved', 'reservation')
                withdrawal._create_payout()

    # === BUSINESS METHODS === #

    def _approve(self):
        """Approve as the first or the second person; the last one makes the payout, under a number of its own."""
        if self.state == 'requested' and self._needs_second_person():
            if self._update_state(('requested',), 'checked'):
                self.sudo().checked_by_id = self.env.user
        elif self._update_state(('requested', 'checked'), 'approved'):
            withdrawal_sudo = self.sudo()
            withdrawal_sudo.approved_by_id = self.env.user
            withdrawal_sudo.channel_id = withdrawal_sudo.channel_id or withdrawal_sudo._get_default_channel()
            withdrawal_sudo._create_payout()

    def _cancel_by_distributor(self):
        """Take the wish back, as long as nothing was sent.

        :raise UserError: when it is too late.
        """
        self.ensure_one()
        self._end_unsent('cancelled')

    def _set_paid(self):
        """Called by the payout that was done, after it moved the money."""
        self._update_state(('approved',), 'paid')

    def _set_returned(self, reason):
        """Called by the return of the payout, after it moved the money back."""
        if self._update_state(('paid',), 'returned'):
            self.sudo().refusal_reason = reason

    def _set_failed(self, reason):
        """Called by the payout that failed for good: the money is the distributor's again."""
        self.ensure_one()
        self.sudo().refusal_reason = reason
        self._end_unpaid(('approved',), 'failed')

    def _end_unsent(self, target_state):
        """End it before the money left; a payout that nobody sent yet ends with it."""
        self.ensure_one()
        self.sudo().payout_ids.filtered(lambda payout: payout.state in ('draft', 'sent'))._set_cancelled()
        self._end_unpaid(('requested', 'checked', 'approved'), target_state)

    def _end_unpaid(self, allowed_states, target_state):
        if self._update_state(allowed_states, target_state):
            self._post_transfer('reserved', 'payable', 'release')

    def _create_payout(self):
        self._check_channel()
        self.env['distribution.payout'].sudo().create({
            'withdrawal_id': self.id,
            'channel_id': self.channel_id.id,
            'amount': self.amount,
            'fee_amount': self.fee_amount,
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

    def _notify_left_out(self, obstacles):
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning',
                'sticky': True,
                'title': self.env._("%(approved)s approved, %(left)s not",
                                    approved=len(self) - len(obstacles), left=len(obstacles)),
                'message': "\n".join(obstacles),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }

    # === GETTERS === #

    def _get_confirmation(self):
        """Hook: return what an app hands to the platform that pays, so that the distributor takes the money there.

        :return: Names and values as the platform takes them; nothing when it is not waiting for that.
        :rtype: dict[str, str]
        """
        return {}

    def _get_steps(self):
        """Return how far it is, for the distributor: (label, when or None, whether it was reached).

        :rtype: list[tuple[str, datetime|None, bool]]
        """
        self.ensure_one()
        payout_sudo = self.sudo().payout_ids.sorted('id')[-1:]
        was_paid = self.state in ('paid', 'returned')
        steps = [
            (self.env._("Asked for"), self.requested_at, True),
            (self.env._("Approved"), payout_sudo.create_date or None, was_paid or self.state in ('approved', 'failed')),
        ]
        if self.state in ('refused', 'failed', 'cancelled'):
            labels = dict(self._fields['state']._description_selection(self.env))
            return [step for step in steps if step[2]] + [(labels[self.state], self.write_date, True)]
        steps += [
            (self.env._("Sent"), payout_sudo.sent_at or None, was_paid or payout_sudo.state in ('sent', 'done')),
            (self.env._("Paid"), payout_sudo.done_at or None, was_paid),
        ]
        if self.state == 'returned':
            steps.append((self.env._("Returned"), self.write_date, True))
        return steps

    def _is_cancellable(self):
        """Return whether the distributor can still take it back."""
        self.ensure_one()
        return self.state in ('requested', 'checked') or (
            self.state == 'approved' and 'sent' not in self.sudo().payout_ids.mapped('state'))

    def _check_channel(self):
        """Check that the channel, if there is one already, can pay this.

        :raise UserError:
        """
        withdrawal_sudo = self.sudo()
        if withdrawal_sudo.channel_id and (reason := withdrawal_sudo.channel_id._get_obstacle(withdrawal_sudo)):
            raise UserError(reason)

    def _needs_second_person(self):
        """Return whether it is above what one person may approve."""
        self.ensure_one()
        limit = self.company_id.sudo().distribution_approval_limit
        return self.currency_id.compare_amounts(self.amount, limit) > 0

    def _get_approval_obstacle(self):
        """Return why the user cannot approve it, or None.

        :rtype: str|None
        """
        self.ensure_one()
        if self.state not in ('requested', 'checked'):
            return self.env._("It is “%s” already.", dict(
                self._fields['state']._description_selection(self.env))[self.state])
        if self.env.user in (self.entered_by_id, self.checked_by_id):
            return self.env._("Somebody other than %s has to approve this.", self.env.user.name)
        if self.env.user.partner_id == self.distributor_id.partner_id:
            return self.env._("Nobody approves what is paid to themselves.")
        return self._get_payment_obstacle()

    def _get_payment_obstacle(self):
        """Return why it must not be paid now, or None. To be extended.

        :rtype: str|None
        """
        self.ensure_one()
        withdrawal_sudo = self.sudo()
        if withdrawal_sudo.distributor_id.is_held:
            return self.env._(
                "Signals of the risk checks wait for a judgement first: %s.", self.distributor_id.display_name)
        if reason := withdrawal_sudo.distributor_id._get_withdrawal_obstacle():
            return reason
        account_sudo = withdrawal_sudo.account_id
        if account_sudo and not (account_sudo.verified_at and account_sudo.display_name == self.account_name):
            return self.env._(
                "The account %s was changed, and is not verified as it was. The distributor has to ask anew.",
                self.account_name)
        channel_sudo = withdrawal_sudo.channel_id or withdrawal_sudo._get_default_channel()
        return channel_sudo._get_obstacle(withdrawal_sudo)

    def _get_default_channel(self):
        """Return the first channel that can pay it, or the first one.

        :raise UserError: when there is none.
        """
        channels = self.env['distribution.payout.channel'].search([('company_id', '=', self.company_id.id)])
        if not channels:
            raise UserError(self.env._("%s has no payout channel yet.", self.company_id.name))
        return next((channel for channel in channels if not channel._get_obstacle(self)), channels[0])
