import hashlib
import hmac

from odoo import models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import PayRefused, UnknownNumber

_HASH = 'SHA256'


class DistributionWechatBill(models.Model):
    """The receipt of a transfer, kept with its payout; WeChat Pay makes one when the name of the payee was sent."""
    _inherit = 'distribution.wechat.bill'

    # === ACTION METHODS === #

    def action_fetch_receipt(self):
        """Button: have WeChat Pay make the receipt, and keep it once it is there."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'success' or not self.sudo().terms['with_name']:
            raise UserError(self.env._("There are receipts of transfers that were paid under the name of the payee only."))
        try:
            content = self._fetch_receipt(self.merchant_id.sudo()._get_client())
        except (PayRefused, Unreachable) as error:
            raise UserError(self.env._("WeChat Pay gave no receipt: %s", error)) from None
        if content is None:
            raise UserError(self.env._("WeChat Pay is making the receipt. Try again in a few minutes."))
        attachment = self.env['ir.attachment'].create({
            'name': f'{self.name}.pdf', 'raw': content, 'res_model': 'distribution.payout', 'res_id': self.payout_id.id})
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{attachment.id}?download=1', 'target': 'self'}

    # === BUSINESS METHODS === #

    def _fetch_receipt(self, client):
        """Return the receipt, or None while it is being made.

        :param PayMerchant client:
        :rtype: bytes|None
        :raise Unreachable: when it is not the one that WeChat Pay means.
        """
        try:
            receipt = client.get_receipt(self.name)
        except UnknownNumber:
            client.create_receipt(self.name)
            receipt = client.get_receipt(self.name)
        if receipt.get('state') != 'FINISHED':
            return None
        content = client.download(str(receipt.get('download_url')))
        told = str(receipt.get('hash_value')).lower().encode()
        if receipt.get('hash_type') != _HASH or not hmac.compare_digest(
                hashlib.sha256(content).hexdigest().encode(), told):
            raise Unreachable("the file is not what was announced")
        return content
