import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import NotNow, PayRefused, Transfer, UnknownNumber, read_transfer

_NUMBER_MAX = 32
# A number that was never acknowledged is sent again for so long: the platform forgets numbers after thirty days.
_AGAIN_DAYS = 7
# What an answer may still change, from the first to the last.
_OPEN = ('new', 'accepted', 'processing', 'wait_user_confirm', 'transfering', 'canceling')
_OVER = ('success', 'fail', 'cancelled', 'refused')


class DistributionWechatBill(models.Model):
    """One transfer to the WeChat wallet of a distributor, under a number that never changes; a payout has one or more.

    It ends by what WeChat Pay says: success, failed or cancelled. Whatever is unclear is asked about. As long as
    WeChat Pay does not know the number it is sent again, the very same; so nobody is paid twice. A number that was
    refused when it was sent, and is unknown to WeChat Pay a good while later, is given up.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.bill'
    _description = "WeChat Transfer"
    _inherit = ['distribution.wechat.paid.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    payout_id = fields.Many2one(
        comodel_name='distribution.payout', required=True, readonly=True, index=True, ondelete='restrict')
    distributor_id = fields.Many2one(related='payout_id.distributor_id')
    channel_id = fields.Many2one(related='payout_id.channel_id')
    company_id = fields.Many2one(related='payout_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='restrict')
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="WeChat Account", required=True, readonly=True, index=True,
        ondelete='restrict')
    openid = fields.Char(string="OpenID", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    terms = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)     # what goes with the number, always the same
    state = fields.Selection(
        selection=[
            ('new', "Not Acknowledged"),
            ('accepted', "Accepted"),
            ('processing', "In Work"),
            ('wait_user_confirm', "Waits for the Distributor"),
            ('transfering', "On Its Way"),
            ('canceling', "Being Cancelled"),
            ('success', "Paid"),
            ('fail', "Failed"),
            ('cancelled', "Cancelled"),
            ('refused', "Refused"),
        ],
        required=True, readonly=True, default='new', index=True)
    sent_at = fields.Datetime(string="Last Sent", readonly=True, copy=False)
    platform_number = fields.Char(string="WeChat's Number", readonly=True, copy=False)
    package = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)   # opens the page of the confirmation
    is_refused = fields.Boolean(string="Was Refused", readonly=True, copy=False)
    is_given_up = fields.Boolean(string="Given Up", readonly=True, copy=False)
    reason = fields.Char(string="Reason of the Platform", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")
    _check_amount = models.Constraint('CHECK (amount > 0)', "A transfer is of more than nothing.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A transfer is kept as a record."))

    # === ACTION METHODS === #

    def action_cancel(self):
        """Button: take back what the distributor has not confirmed; the answer comes when it is asked about."""
        self.check_access('write')
        for bill in self.filtered(lambda bill: bill.state in ('accepted', 'processing', 'wait_user_confirm')):
            try:
                bill._apply(bill.merchant_id.sudo()._get_client().cancel_transfer(bill.name))
            except (PayRefused, Unreachable) as error:
                raise UserError(self.env._("WeChat Pay did not cancel it: %s", error)) from None

    def action_give_up(self):
        """Button: send a number that WeChat Pay does not know no more; it ends once that is certain."""
        self.check_access('write')
        self.filtered(lambda bill: bill.state == 'new').sudo().is_given_up = True
        self._wake()

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _create_for(self, payout, identity, amounts):
        """Create the transfers of a payout; that they exist is committed before one of them is sent.

        :param distribution.payout payout:
        :param distribution.wechat.identity identity: Of the payee.
        :param list[float] amounts:
        """
        prefix = re.sub(r'[^0-9A-Za-z]', '', payout.name)
        channel = payout.channel_id
        authorization = self.env['distribution.wechat.authorization']._get_effective(channel, identity)
        return self.sudo().create([{
            'name': f'{prefix}{secrets.token_hex(8)}'[-_NUMBER_MAX:].upper(),
            'payout_id': payout.id,
            'merchant_id': channel.wechat_merchant_id.id,
            'account_id': identity.account_id.id,
            'openid': identity.openid,
            'amount': amount,
            'terms': {**channel._wechat_prepare_terms(amount), 'authorization': authorization.name or None},
        } for amount in amounts])

    def _go_on(self):
        """Do what is next: send what was not, and ask about the rest."""
        for bill in self.filtered(lambda bill: bill.state in _OPEN):
            bill.lock_for_update()
            if bill.sent_at or bill.is_given_up:        # a worker may have died after it had sent it
                bill._ask()
            else:
                bill._send()

    def _send(self):
        """Ask for the transfer, or ask for the very same once more. The row stays locked until the answer is kept."""
        self.ensure_one()
        bill_sudo = self.sudo()
        bill_sudo.sent_at = fields.Datetime.now()
        try:
            answer = self.merchant_id.sudo()._get_client().create_transfer(self._prepare_transfer())
        except PayRefused as refusal:
            bill_sudo.write({'error': str(refusal), 'is_refused': not isinstance(refusal, NotNow)})
            bill_sudo._get_authorization()._doubt()
        except Unreachable as error:
            bill_sudo.error = str(error)
        else:
            self._apply(answer)

    def _ask(self):
        """Ask what became of it."""
        try:
            answer = self.merchant_id.sudo()._get_client().get_transfer(self.name)
        except UnknownNumber:
            self._resolve_unknown()
        except (PayRefused, Unreachable) as error:
            self.sudo().error = str(error)
        else:
            self._apply(answer)
            if self.state == 'wait_user_confirm' and not self.sudo().package:
                self._send()        # the answer that held it was lost; the same number gets the same answer

    def _resolve_unknown(self):
        """WeChat Pay does not know the number: send it again, or give it up, or leave it to a person."""
        if self.state != 'new':
            self._report(self.env._("WeChat Pay does not know %s any more.", self.name))
        elif self.is_refused or self.is_given_up or self._get_authorization().state == 'closed':
            self._set_refused_if_over()
        elif self.create_date > fields.Datetime.now() - timedelta(days=_AGAIN_DAYS):
            self._send()

    def _set_refused_if_over(self):
        """End what was refused, once nothing that was sent can still be on its way."""
        last = self.sent_at or self.payout_id.sent_at
        if fields.Datetime.now() >= last + timedelta(minutes=self.channel_id.expiry_minutes):
            self._update_state(('new',), 'refused')

    # === BUSINESS METHODS - PROCESSING === #

    @api.model
    def _take_notice(self, merchant, data):
        """Let a verified notice take effect.

        :raise UserError: when it is about nothing that is known; it is tried again later.
        """
        answer = read_transfer(data)
        bill = self.search([('name', '=', answer.number), ('merchant_id', '=', merchant.id)])
        if not bill:
            raise UserError(self.env._("There is no transfer %s.", answer.number))
        bill._apply(answer)
        bill.payout_id._wechat_conclude()

    def _apply(self, answer):
        """Let an answer take effect: forward only. What contradicts is left to a person.

        :param TransferState answer:
        """
        self.ensure_one()
        state = answer.state.lower()
        if not self._is_about(answer):
            self._report(self.env._("WeChat Pay answers for another amount or payee: %s.", self.name))
        elif self.state in _OVER:
            if state in _OVER and state != self.state:
                self._report(self.env._("WeChat Pay says “%(state)s” of %(bill)s after it had said otherwise.",
                                        state=state, bill=self.name))
        elif state in _OVER or _OPEN.index(state) >= _OPEN.index(self.state):
            self._update_state(_OPEN, state)
            self.sudo().write({
                'platform_number': answer.platform_number or self.platform_number,
                'package': (answer.package or self.sudo().package) if state == 'wait_user_confirm' else False,
                'reason': answer.reason or False, 'error': False})

    def _is_about(self, answer):
        """Return whether an answer is about what was asked for, as far as it says."""
        return all(told in ('', None, own) for told, own in (
            (answer.amount, self._get_fen()), (answer.openid, self.openid), (answer.app_id, self.account_id.app_id),
            (answer.mchid, self.merchant_id.mchid)))

    def _report(self, text):
        """Leave it to a person, once."""
        if self.error != text:
            self.sudo().error = text
            self.payout_id._report(text)

    @api.model
    def _wake(self):
        self.env['ir.cron']._distribution_wake('distribution_commission.ir_cron_payouts')

    # === GETTERS === #

    def _get_fen(self):
        return round(self.amount * 100)

    def _prepare_transfer(self):
        """Return what is asked for; equal each time.

        :rtype: Transfer
        """
        terms = self.sudo().terms
        return Transfer(
            number=self.name,
            app_id=self.account_id.app_id,
            openid=self.openid,
            amount=self._get_fen(),
            scene=terms['scene'],
            remark=terms['remark'],
            reports=tuple((kind, text) for kind, text in terms['reports']),
            name=self._get_real_name() if terms['with_name'] else None,
            perception=terms['perception'],
            notify_url=terms['notify_url'],
            authorization=terms.get('authorization'),
        )

    def _get_authorization(self):
        """Return the consent of the payee that it was made under, if there is one."""
        return self.env['distribution.wechat.authorization'].sudo().search([
            ('name', '=', self.sudo().terms.get('authorization') or None)])

    def _get_real_name(self):
        """Return the verified name of the payee; that it is told to WeChat Pay is in the privacy log."""
        identity_sudo = self.env['distribution.identity'].sudo().search([
            ('distributor_id', '=', self.distributor_id.id), ('verified_at', '!=', False)])
        if not identity_sudo:
            raise UserError(self.env._("The identity of the distributor is not verified any more."))
        return identity_sudo._reveal('real_name', self.env._("Transfer %s by WeChat Pay", self.name))

    def _get_package(self):
        """Return what opens the page on which the payee confirms: to be given to the payee alone.

        :rtype: dict
        """
        self.ensure_one()
        return {
            'mchId': self.merchant_id.mchid, 'appId': self.account_id.app_id, 'package': self.sudo().package,
            'openId': self.openid}
