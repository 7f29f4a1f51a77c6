from odoo import api, fields, models

from ..wechat.pay import Share

_AGAIN = 'NO_RELATION'
_STATES = {'PENDING': 'processing', 'SUCCESS': 'success', 'CLOSED': 'closed'}
_TOO_MUCH = 'NOT_ENOUGH'    # is left of the payment: what was refunded does not come back


class DistributionWechatShare(models.Model):
    """A part of a payout that is paid out of one payment.

    It ends by what WeChat Pay says of its receiver: success, or closed with a reason; that the sharing is finished
    says only that it was worked on. What has closed is shared again under another number only. A share with a person
    can never be taken back; a merchant gives it back where it agreed to that before.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.share'
    _description = "Share of a Payment"
    _inherit = ['distribution.wechat.part.mixin']

    _number_max = 64
    _open_states = ('new', 'processing')

    frozen_id = fields.Many2one(
        comodel_name='distribution.wechat.frozen', string="Out of", required=True, readonly=True, index=True,
        ondelete='restrict')
    receiver_id = fields.Many2one(
        comodel_name='distribution.wechat.receiver', required=True, readonly=True, index=True, ondelete='restrict')
    receiver_kind = fields.Selection(related='receiver_id.kind', string="Kind of Receiver")
    merchant_id = fields.Many2one(related='frozen_id.merchant_id')
    gross_amount = fields.Monetary(
        string="Before Tax and Fee", required=True, readonly=True, help="What of the commissions is paid by it.")
    description = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ('new', "Not Acknowledged"),
            ('processing', "In Work"),
            ('success', "Shared"),
            ('closed', "Failed"),
            ('refused', "Refused"),
        ],
        required=True, readonly=True, default='new', index=True)

    _open_uniq = models.UniqueIndex(
        "(payout_id, frozen_id) WHERE state IN ('new', 'processing')",
        "What is shared of a payment is shared again after it is certain that it came to nothing.")
    _check_amount = models.Constraint(
        'CHECK (amount > 0 AND gross_amount >= amount)', "A share is of more than nothing, and not more than was earned.")

    # === ACTION METHODS === #

    def action_return(self):
        """Button: enter that the payout comes back; from there it is taken back from its receiver."""
        self.ensure_one()
        return self.payout_id.action_return()

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _create_for(self, payout, frozen, receiver, gross, net):
        """Create a share; that it exists is committed before it is sent.

        :param int gross: Fen.
        :param int net: Fen.
        """
        # Who shares the same payment at this moment writes it, too, and sees this share when it is tried again.
        frozen.share_count += 1
        return self.sudo().create({
            'name': self._new_number(payout),
            'payout_id': payout.id,
            'frozen_id': frozen.id,
            'receiver_id': receiver.id,
            'amount': net / 100,
            'gross_amount': gross / 100,
            'description': payout.channel_id.wechat_remark,
        })

    def _get_ready(self, client):
        """Override of the mixin: WeChat Pay shares with whom it was told of."""
        self.receiver_id._add(client)

    def _submit(self, client):
        """Override of the mixin to share."""
        return client.create_sharing(
            self.name, self.receiver_id.account_id.app_id, self.frozen_id.platform_number, [self._to_client()])

    def _query(self, client):
        """Override of the mixin."""
        return client.get_sharing(self.name, self.frozen_id.platform_number)

    def _note_refusal(self):
        """Override of the mixin: when the receiver was refused, nothing has left."""
        if self.is_refused and not self.sent_at:
            self._update_state(('new',), 'refused')

    # === BUSINESS METHODS - PROCESSING === #

    def _apply(self, answer):
        """Override of the mixin to share once more with a receiver that WeChat Pay did not know."""
        was_open = self._is_open()
        super()._apply(answer)
        if was_open and self.state == 'closed' and self.reason == _AGAIN:
            self._share_again()

    def _share_again(self):
        """WeChat Pay did not know the receiver: name it anew, and share once more under another number."""
        share_sudo = self.sudo()
        share_sudo.receiver_id.added_at = False
        before = share_sudo.payout_id.wechat_share_ids.filtered(
            lambda share: share.frozen_id == self.frozen_id and share.reason == _AGAIN)
        if len(before) == 1:
            self._create_for(
                share_sudo.payout_id, share_sudo.frozen_id, share_sudo.receiver_id,
                round(self.gross_amount * 100), self._get_fen())

    # === GETTERS === #

    def _is_final(self, refusal):
        """Override of the mixin: what was refunded does not come back."""
        return super()._is_final(refusal) or refusal.code == _TOO_MUCH

    def _is_ending(self):
        """Override of the mixin: nothing is shared after the last day of the payment."""
        return super()._is_ending() or fields.Datetime.now() >= self.frozen_id.share_until

    def _is_about(self, answer):
        """Override of the mixin."""
        asked = self._to_client()
        return [(row.kind, row.account, row.amount) for row in answer.results] == [(asked.kind, asked.account, asked.amount)]

    def _read_state(self, answer):
        """Override of the mixin."""
        return _STATES[answer.results[0].result]

    def _prepare_answer(self, answer):
        """Override of the mixin."""
        return {**super()._prepare_answer(answer), 'reason': answer.results[0].reason or False}

    def _to_client(self):
        """Return what is asked for; equal each time.

        :rtype: Share
        """
        receiver = self.sudo().receiver_id._to_client()
        return Share(receiver.kind, receiver.account, self._get_fen(), self.description)
