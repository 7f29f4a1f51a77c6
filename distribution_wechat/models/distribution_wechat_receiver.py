import logging

from odoo import api, fields, models

from ..wechat import Unreachable
from ..wechat.pay import MERCHANT, PERSON, PayRefused, Receiver

_logger = logging.getLogger(__name__)


class DistributionWechatReceiver(models.Model):
    """A distributor as a receiver of profit sharing: a person by the openid, a company by its merchant number.

    WeChat Pay shares with whom the merchant has named before, as its distributor. That is done before the first
    share, and once more when WeChat Pay has forgotten it; it is undone when the distributor is no distributor any
    more, or somebody else in WeChat.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.receiver'
    _description = "Receiver of Profit Sharing"
    _order = 'id desc'
    _rec_name = 'distributor_id'

    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='restrict')
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="WeChat Account", required=True, readonly=True, index=True,
        ondelete='restrict')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='merchant_id.company_id', store=True, index=True)
    kind = fields.Selection(selection=[('person', "Person"), ('merchant', "Merchant")], required=True, readonly=True)
    payee = fields.Char(string="OpenID or Merchant Number", required=True, readonly=True)
    added_at = fields.Datetime(string="Named on", readonly=True, help="When WeChat Pay was told.")
    removed_at = fields.Datetime(readonly=True)

    _payee_uniq = models.UniqueIndex(
        '(merchant_id, account_id, distributor_id, payee)', "A distributor is a receiver once.")

    # === BUSINESS METHODS === #

    @api.model
    def _ensure(self, channel, distributor):
        """Return the receiver that a distributor is for a channel, a new one if there is none yet.

        :param distribution.payout.channel channel:
        :param distribution.distributor distributor:
        :return: Nobody, if the distributor has no openid or merchant number there.
        :rtype: distribution.wechat.receiver
        """
        kind, payee = distributor._wechat_get_receiver(channel)
        if not payee:
            return self
        values = {
            'merchant_id': channel.wechat_merchant_id.id, 'account_id': channel.wechat_account_id.id,
            'distributor_id': distributor.id, 'payee': payee}
        return self.search([(name, '=', value) for name, value in values.items()]) or self.create({**values, 'kind': kind})

    def _add(self, client):
        """Name it to WeChat Pay, unless that was done.

        :param PayMerchant client:
        :raise PayRefused:
        :raise Unreachable:
        """
        self.ensure_one()
        if self.added_at:
            return
        name = self.distributor_id._wechat_get_legal_name() if self.kind == 'merchant' else None
        client.add_receiver(self.account_id.app_id, self._to_client()._replace(name=name))
        self.write({'added_at': fields.Datetime.now(), 'removed_at': False})

    @api.model
    def _cron_remove(self):
        """Tell WeChat Pay whom nothing is shared with any more."""
        for receiver in self.search([('added_at', '!=', False)]).filtered(lambda receiver: not receiver._is_wanted()):
            try:
                receiver.merchant_id._get_client().delete_receiver(receiver.account_id.app_id, receiver._to_client())
            except (PayRefused, Unreachable) as error:
                _logger.info("WeChat Pay did not remove receiver %s: %s", receiver.id, error)
            else:
                receiver.write({'added_at': False, 'removed_at': fields.Datetime.now()})
            self.env['ir.cron']._commit_progress(1)

    # === GETTERS === #

    def _to_client(self):
        """Return it as the client takes it, without its name.

        :rtype: Receiver
        """
        return Receiver(MERCHANT if self.kind == 'merchant' else PERSON, self.payee, None)

    def _is_wanted(self):
        """Return whether it is still this distributor in WeChat, and something may be on its way to it."""
        share_sudo = self.env['distribution.wechat.share'].sudo()
        if share_sudo.search_count([
            ('receiver_id', '=', self.id), ('state', 'in', share_sudo._open_states)], limit=1):
            return True
        distributor_sudo = self.sudo().distributor_id
        current = distributor_sudo.wechat_mchid if self.kind == 'merchant' \
            else distributor_sudo._wechat_get_identity(self.account_id).openid
        return distributor_sudo.state != 'closed' and current == self.payee
