import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import NotNow, PayRefused, UnknownNumber

# A number that was never acknowledged is sent again for so long: the platform forgets numbers after thirty days.
_AGAIN_DAYS = 7


class DistributionWechatPartMixin(models.AbstractModel):
    """A part of a payout that WeChat Pay moves under a number that never changes; a payout has one or more.

    It ends by what WeChat Pay says. Whatever is unclear is asked about. As long as WeChat Pay does not know the number
    it is sent again, the very same; so nobody is paid twice. A number that was refused or given up, and is unknown to
    WeChat Pay a good while after it was sent last, has come to nothing.

    A model of parts has a `merchant_id` and a `state`, which begins with `new` and knows `success` and `refused`.
    """
    _name = 'distribution.wechat.part.mixin'
    _description = "Part of a Payout by WeChat Pay"
    _inherit = ['distribution.wechat.paid.mixin']
    _order = 'id desc'

    _number_max = 32        # characters
    _open_states = ()       # what an answer may still change, from the first to the last

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    payout_id = fields.Many2one(
        comodel_name='distribution.payout', required=True, readonly=True, index=True, ondelete='restrict')
    distributor_id = fields.Many2one(related='payout_id.distributor_id', store=True, index=True)
    channel_id = fields.Many2one(related='payout_id.channel_id')
    company_id = fields.Many2one(related='payout_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(required=True, readonly=True, help="What is paid, after tax and fee.")
    sent_at = fields.Datetime(string="Last Sent", readonly=True, copy=False)
    platform_number = fields.Char(string="WeChat's Number", readonly=True, copy=False)
    is_refused = fields.Boolean(string="Was Refused", readonly=True, copy=False)
    is_given_up = fields.Boolean(string="Given Up", readonly=True, copy=False)
    reason = fields.Char(string="Reason of the Platform", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was paid by WeChat Pay is kept as a record."))

    # === ACTION METHODS === #

    def action_give_up(self):
        """Button: send a number that WeChat Pay does not know no more; it ends once that is certain."""
        self.check_access('write')
        self.filtered(lambda part: part.state == 'new').sudo().is_given_up = True
        self.payout_id._wechat_wake()

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _new_number(self, payout):
        """Return a number that nobody can guess, and in which a person recognizes the payout.

        :rtype: str
        """
        prefix = re.sub(r'[^0-9A-Za-z]', '', payout.name)
        return f'{prefix}{secrets.token_hex(8)}'[-self._number_max:].upper()

    def _go_on(self):
        """Do what is next: send what was not, and ask about the rest."""
        for part in self.filtered(lambda part: part._is_open()):
            part.lock_for_update()
            if part.sent_at or part.is_given_up:        # a worker may have died after it had sent it
                part._ask()
            else:
                part._send()

    def _send(self):
        """Ask for it, or ask for the very same once more. That it leaves is committed before it does.

        Whoever dies from there on leaves a part that is asked about. The row is locked until the answer is kept.
        """
        self.ensure_one()
        part_sudo = self.sudo()
        client = part_sudo.merchant_id._get_client()
        try:
            part_sudo._get_ready(client)
            part_sudo.sent_at = fields.Datetime.now()
            self.env['ir.cron']._commit_progress()
            part_sudo.lock_for_update()
            answer = part_sudo._submit(client)
        except PayRefused as refusal:
            part_sudo.write({'error': str(refusal), 'is_refused': self._is_final(refusal)})
            part_sudo._note_refusal()
        except Unreachable as error:
            part_sudo.error = str(error)
        else:
            self._apply(answer)

    def _ask(self):
        """Ask what became of it."""
        part_sudo = self.sudo()
        try:
            answer = part_sudo._query(part_sudo.merchant_id._get_client())
        except UnknownNumber:
            self._resolve_unknown()
        except (PayRefused, Unreachable) as error:
            part_sudo.error = str(error)
        else:
            self._apply(answer)

    def _get_ready(self, client):
        """Do what has to be done before it may leave.

        :param PayMerchant client:
        """

    def _submit(self, client):
        """Hand it in under its number, as each time before.

        :param PayMerchant client:
        :return: What the platform answers.
        """
        raise NotImplementedError

    def _query(self, client):
        """Return what the platform says of it.

        :param PayMerchant client:
        """
        raise NotImplementedError

    def _note_refusal(self):
        """Take note that it was refused when it was handed in."""

    def _resolve_unknown(self):
        """WeChat Pay does not know the number: send it again, or end it once nothing that was sent can be on its way."""
        now = fields.Datetime.now()
        if self.state != 'new':
            self._report(self.env._("WeChat Pay does not know %s any more.", self.name))
        elif self._is_ending():
            if now >= (self.sent_at or self.create_date) + timedelta(minutes=self.channel_id.expiry_minutes):
                self._update_state(('new',), 'refused')
        elif self.create_date > now - timedelta(days=_AGAIN_DAYS):
            self._send()

    # === BUSINESS METHODS - PROCESSING === #

    def _apply(self, answer):
        """Let an answer take effect: forward only. What contradicts is left to a person.

        :param answer: What `_submit` and `_query` return.
        """
        self.ensure_one()
        if not self._is_about(answer):
            self._report(self.env._("WeChat Pay answers for another amount or payee: %s.", self.name))
            return
        state = self._read_state(answer)
        is_over = state not in self._open_states
        if not self._is_open():
            if is_over and state != self.state:
                self._report(self.env._(
                    "WeChat Pay says “%(state)s” of %(number)s after it had said otherwise.", state=state, number=self.name))
        elif is_over or self._open_states.index(state) >= self._open_states.index(self.state):
            self._update_state(self._open_states, state)
            self.sudo().write(self._prepare_answer(answer))

    def _report(self, text):
        """Leave it to a person, once."""
        if self.error != text:
            self.sudo().error = text
            self.payout_id._report(text)

    # === GETTERS === #

    def _is_open(self):
        return self.state in self._open_states

    def _is_counted(self):
        """Return whether it was paid, or may be. What came back later was paid."""
        return self.state in self._get_counted_states()

    @api.model
    def _get_counted_states(self):
        return (*self._open_states, 'success')

    def _is_final(self, refusal):
        """Return whether asking for the same once more would be refused, too.

        :param PayRefused refusal:
        """
        return not isinstance(refusal, NotNow)

    def _is_ending(self):
        """Return whether it is not to be sent again, though WeChat Pay does not know it."""
        return self.is_refused or self.is_given_up

    def _is_about(self, answer):
        """Return whether an answer is about what was asked for, as far as it says."""
        raise NotImplementedError

    def _read_state(self, answer):
        """Return the state that an answer tells.

        :rtype: str
        """
        raise NotImplementedError

    def _prepare_answer(self, answer):
        """Return what is kept of an answer that moves it.

        :rtype: dict
        """
        return {'platform_number': answer.platform_number or self.platform_number, 'error': False}

    def _get_fen(self):
        return round(self.amount * 100)
