from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import PayRefused, UnknownNumber, is_announced

_HASH = 'SHA256'
_BATCH = 100
_TRIES_MAX = 20


class DistributionWechatBill(models.Model):
    """The receipt of a transfer, kept with its payout; WeChat Pay makes one when the name of the payee was sent."""
    _inherit = 'distribution.wechat.bill'

    receipt_id = fields.Many2one(
        comodel_name='ir.attachment', readonly=True, copy=False, index='btree_not_null',
        ondelete='set null')
    receipt_tries = fields.Integer(readonly=True, copy=False)

    _receipt_idx = models.Index("(id) WHERE state = 'success' AND receipt_id IS NULL")

    # === ACTION METHODS === #

    def action_fetch_receipt(self):
        """Button: show the receipt; have WeChat Pay make it, if that was not done yet."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'success' or not self._has_receipt():
            raise UserError(self.env._("There are receipts of transfers that were paid under the name of the payee only."))
        try:
            self._keep_receipt()
        except (PayRefused, Unreachable) as error:
            raise UserError(self.env._("WeChat Pay gave no receipt: %s", error)) from None
        if not self.receipt_id:
            raise UserError(self.env._("WeChat Pay is making the receipt. Try again in a few minutes."))
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{self.receipt_id.id}?download=1', 'target': 'self'}

    # === BUSINESS METHODS === #

    @api.model
    def _cron_fetch_receipts(self):
        """Keep the receipts of what was paid under a name; one that cannot be had stops no other."""
        bills = self.search([
            ('state', '=', 'success'), ('receipt_id', '=', False), ('receipt_tries', '<', _TRIES_MAX),
        ], order='receipt_tries, id', limit=_BATCH)
        self.env['ir.cron']._distribution_for_each(bills, '_try_receipt', (PayRefused, Unreachable), '_count_receipt_try')

    def _try_receipt(self):
        self._count_receipt_try()
        self._keep_receipt()

    def _count_receipt_try(self, _error=None):
        self.receipt_tries = self.receipt_tries + 1 if self._has_receipt() else _TRIES_MAX

    def _keep_receipt(self):
        """Keep the receipt, unless it was kept or is still being made."""
        if self.receipt_id or not self._has_receipt():
            return
        content = self._fetch_receipt(self.merchant_id.sudo()._get_client())
        if content is not None:
            self.sudo().receipt_id = self.env['ir.attachment'].create({
                'name': f'{self.name}.pdf', 'raw': content, 'res_model': 'distribution.payout', 'res_id': self.payout_id.id})

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
        if not is_announced(content, receipt, _HASH):
            raise Unreachable("the file is not what was announced")
        return content

    # === GETTERS === #

    def _has_receipt(self):
        return self.sudo().terms['with_name']
