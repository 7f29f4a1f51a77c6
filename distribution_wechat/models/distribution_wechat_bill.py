from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import PayRefused, Transfer, read_transfer


class DistributionWechatBill(models.Model):
    """One transfer to the WeChat wallet of a distributor; it ends as success, failed, cancelled or refused.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.bill'
    _description = "WeChat Transfer"
    _inherit = ['distribution.wechat.part.mixin']
    _check_company_auto = True

    _open_states = ('new', 'accepted', 'processing', 'wait_user_confirm', 'transfering', 'canceling')

    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='restrict')
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="WeChat Account", required=True, readonly=True, index=True,
        ondelete='restrict')
    openid = fields.Char(string="OpenID", required=True, readonly=True)
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
    package = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)   # opens the page of the confirmation

    _check_amount = models.Constraint('CHECK (amount > 0)', "A transfer is of more than nothing.")

    # === ACTION METHODS === #

    def action_cancel(self):
        """Button: take back what the distributor has not confirmed; the answer comes when it is asked about."""
        self.check_access('write')
        for bill in self.filtered(lambda bill: bill.state in ('accepted', 'processing', 'wait_user_confirm')):
            try:
                bill._apply(bill.merchant_id.sudo()._get_client().cancel_transfer(bill.name))
            except (PayRefused, Unreachable) as error:
                raise UserError(self.env._("WeChat Pay did not cancel it: %s", error)) from None

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _create_for(self, payout, identity, amounts):
        """Create the transfers of a payout; that they exist is committed before one of them is sent.

        :param distribution.payout payout:
        :param distribution.wechat.identity identity: Of the payee.
        :param list[float] amounts:
        """
        channel = payout.channel_id
        authorization = self.env['distribution.wechat.authorization']._get_effective(channel, identity)
        return self.sudo().create([{
            'name': self._new_number(payout),
            'payout_id': payout.id,
            'merchant_id': channel.wechat_merchant_id.id,
            'account_id': identity.account_id.id,
            'openid': identity.openid,
            'amount': amount,
            'terms': {**channel._wechat_prepare_terms(amount), 'authorization': authorization.name or None},
        } for amount in amounts])

    def _submit(self, client):
        """Override of the mixin to ask for the transfer."""
        return client.create_transfer(self._prepare_transfer())

    def _query(self, client):
        """Override of the mixin."""
        return client.get_transfer(self.name)

    def _ask(self):
        """Override of the mixin to ask for what opens the page of the confirmation, when the answer that held it was lost."""
        super()._ask()
        if self.state == 'wait_user_confirm' and not self.error and not self.sudo().package:
            self._send()        # the same number gets the same answer

    def _note_refusal(self):
        """Override of the mixin: it may be for the consent that it was made under."""
        self._get_authorization()._doubt()

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

    # === GETTERS === #

    def _is_ending(self):
        """Override of the mixin: nothing is sent under a consent that was ended."""
        return super()._is_ending() or self._get_authorization().state == 'closed'

    def _is_about(self, answer):
        """Override of the mixin."""
        return all(told in ('', None, own) for told, own in (
            (answer.amount, self._get_fen()), (answer.openid, self.openid), (answer.app_id, self.account_id.app_id),
            (answer.mchid, self.merchant_id.mchid)))

    def _read_state(self, answer):
        """Override of the mixin."""
        return answer.state.lower()

    def _prepare_answer(self, answer):
        """Override of the mixin."""
        is_waiting = self.state == 'wait_user_confirm'
        return {
            **super()._prepare_answer(answer),
            'package': (answer.package or self.sudo().package) if is_waiting else False,
            'reason': answer.reason or False,
        }

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
