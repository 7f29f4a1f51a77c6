import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import NotNow, PayRefused, Share, UnknownNumber

_NUMBER_MAX = 64
OPEN_STATES = ('new', 'processing')
COUNTED_STATES = (*OPEN_STATES, 'success')      # was shared, or may be; a return does not give the room back
_AGAIN = 'NO_RELATION'
_TOO_MUCH = 'NOT_ENOUGH'    # is left of the payment: what was refunded does not come back


class DistributionWechatShare(models.Model):
    """A part of a payout that is paid out of one payment, under a number that never changes.

    It ends by what WeChat Pay says of its receiver: success, or closed with a reason; that the sharing is finished
    says only that it was worked on. What is unclear is asked about; a number that WeChat Pay does not know is sent
    again, the very same. What has closed is shared again under another number only. A share with a person can never
    be taken back; a merchant gives it back where it agreed to that before.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.share'
    _description = "Share of a Payment"
    _inherit = ['distribution.wechat.paid.mixin']
    _order = 'id desc'

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    payout_id = fields.Many2one(
        comodel_name='distribution.payout', required=True, readonly=True, index=True, ondelete='restrict')
    frozen_id = fields.Many2one(
        comodel_name='distribution.wechat.frozen', string="Out of", required=True, readonly=True, index=True,
        ondelete='restrict')
    receiver_id = fields.Many2one(
        comodel_name='distribution.wechat.receiver', required=True, readonly=True, index=True, ondelete='restrict')
    receiver_kind = fields.Selection(related='receiver_id.kind', string="Kind of Receiver")
    distributor_id = fields.Many2one(related='payout_id.distributor_id', store=True, index=True)
    company_id = fields.Many2one(related='payout_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    merchant_id = fields.Many2one(related='frozen_id.merchant_id')
    amount = fields.Monetary(required=True, readonly=True, help="What is shared, after tax and fee.")
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
    sent_at = fields.Datetime(string="Last Sent", readonly=True, copy=False)
    platform_number = fields.Char(string="WeChat's Number", readonly=True, copy=False)
    is_refused = fields.Boolean(string="Was Refused", readonly=True, copy=False)
    is_given_up = fields.Boolean(string="Given Up", readonly=True, copy=False)
    reason = fields.Char(string="Reason of the Platform", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")
    _open_uniq = models.UniqueIndex(
        "(payout_id, frozen_id) WHERE state IN ('new', 'processing')",
        "What is shared of a payment is shared again after it is certain that it came to nothing.")
    _check_amount = models.Constraint(
        'CHECK (amount > 0 AND gross_amount >= amount)', "A share is of more than nothing, and not more than was earned.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A share is kept as a record."))

    # === ACTION METHODS === #

    def action_give_up(self):
        """Button: send a number that WeChat Pay does not know no more; it ends once that is certain."""
        self.check_access('write')
        self.filtered(lambda share: share.state == 'new').sudo().is_given_up = True
        self.env['ir.cron']._distribution_wake('distribution_commission.ir_cron_payouts')

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
        prefix = re.sub(r'[^0-9A-Za-z]', '', payout.name)
        return self.sudo().create({
            'name': f'{prefix}-{secrets.token_hex(8)}'[-_NUMBER_MAX:].upper(),
            'payout_id': payout.id,
            'frozen_id': frozen.id,
            'receiver_id': receiver.id,
            'amount': net / 100,
            'gross_amount': gross / 100,
            'description': payout.channel_id.wechat_remark,
        })

    def _go_on(self):
        """Do what is next: send what was not, and ask about the rest."""
        for share in self.filtered(lambda share: share.state in OPEN_STATES):
            share.lock_for_update()
            if share.sent_at or share.is_given_up:      # a worker may have died after it had sent it
                share._ask()
            else:
                share._send()

    def _send(self):
        """Share, or ask for the very same once more. That it leaves is committed before it does."""
        self.ensure_one()
        share_sudo, client = self.sudo(), self.merchant_id.sudo()._get_client()
        try:
            share_sudo.receiver_id._add(client)
            share_sudo.sent_at = fields.Datetime.now()
            self.env['ir.cron']._commit_progress()      # whoever dies from here on leaves a share that is asked about
            self.lock_for_update()
            answer = client.create_sharing(
                self.name, share_sudo.receiver_id.account_id.app_id, share_sudo.frozen_id.platform_number, [self._to_client()])
        except PayRefused as refusal:
            is_final = not isinstance(refusal, NotNow) or refusal.code == _TOO_MUCH
            share_sudo.write({'error': str(refusal), 'is_refused': is_final})
            if self.is_refused and not self.sent_at:        # the receiver was, and nothing has left
                self._update_state(('new',), 'refused')
        except Unreachable as error:
            share_sudo.error = str(error)
        else:
            self._apply(answer)

    def _ask(self):
        """Ask what became of it."""
        share_sudo = self.sudo()
        try:
            answer = self.merchant_id.sudo()._get_client().get_sharing(self.name, share_sudo.frozen_id.platform_number)
        except UnknownNumber:
            self._resolve_unknown()
        except (PayRefused, Unreachable) as error:
            share_sudo.error = str(error)
        else:
            self._apply(answer)

    def _resolve_unknown(self):
        """WeChat Pay does not know the number: send it again, or end it once nothing can be on its way."""
        if self.state != 'new':
            self._report(self.env._("WeChat Pay does not know %s any more.", self.name))
            return
        now = fields.Datetime.now()
        if not (self.is_refused or self.is_given_up or now >= self.frozen_id.share_until):
            self._send()
        elif now >= (self.sent_at or self.create_date) + timedelta(minutes=self.payout_id.channel_id.expiry_minutes):
            self._update_state(('new',), 'refused')

    # === BUSINESS METHODS - PROCESSING === #

    def _apply(self, answer):
        """Let an answer take effect: forward only. What contradicts is left to a person.

        :param SharingState answer:
        """
        self.ensure_one()
        asked = self._to_client()
        if [(row.kind, row.account, row.amount) for row in answer.results] != [(asked.kind, asked.account, asked.amount)]:
            self._report(self.env._("WeChat Pay answers for another amount or payee: %s.", self.name))
            return
        result = answer.results[0]
        state = {'PENDING': 'processing', 'SUCCESS': 'success', 'CLOSED': 'closed'}[result.result]
        if self.state not in OPEN_STATES:
            if state != self.state:
                self._report(self.env._(
                    "WeChat Pay says “%(state)s” of %(share)s after it had said otherwise.", state=state, share=self.name))
            return
        self._update_state(OPEN_STATES, state)
        self.sudo().write({
            'platform_number': answer.platform_number or self.platform_number, 'reason': result.reason or False,
            'error': False})
        if result.reason == _AGAIN:
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

    def _report(self, text):
        """Leave it to a person, once."""
        if self.error != text:
            self.sudo().error = text
            self.payout_id._report(text)

    # === GETTERS === #

    def _get_fen(self):
        return round(self.amount * 100)

    def _to_client(self):
        """Return what is asked for; equal each time.

        :rtype: Share
        """
        receiver = self.sudo().receiver_id._to_client()
        return Share(receiver.kind, receiver.account, self._get_fen(), self.description)
