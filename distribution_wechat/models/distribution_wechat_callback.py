import json

from odoo import api, fields, models


class DistributionWechatCallback(models.Model):
    """What WeChat Pay has called back.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | manager          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.callback'
    _description = "Notice of WeChat Pay"
    _inherit = ['distribution.wechat.inbox.mixin']
    _rec_name = 'kind'
    _log_access = False

    _job = 'distribution_wechat.ir_cron_process_notices'

    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='merchant_id.company_id', store=True, index=True)
    data = fields.Json(readonly=True, groups=fields.NO_ACCESS)

    _key_uniq = models.UniqueIndex('(merchant_id, key)', "A notice is taken once.")

    # === BUSINESS METHODS === #

    @api.model
    def _receive(self, merchant, notice):
        """Take a notice, unless it was taken before.

        :param distribution.wechat.merchant merchant:
        :param Notice notice:
        :return: Whether it is new.
        :rtype: bool
        """
        has_meaning = notice.kind in self._get_handlers()
        return self._take({
            'merchant_id': merchant.id,
            'company_id': merchant.company_id.id,
            'key': notice.key,
            'kind': notice.kind[:64],
            'data': json.dumps({**notice.data, '_subject': notice.subject}) if has_meaning else None,
        }, has_meaning)

    # === EVENTS === #

    def _on_transfer(self):
        """A transfer to a distributor is over."""
        self.env['distribution.wechat.bill']._take_notice(self.merchant_id, self.data)

    def _on_authorization(self):
        """A distributor has consented to receive without confirming, or does no more."""
        self.env['distribution.wechat.authorization']._take_notice(self.merchant_id, self.data)

    def _on_payment(self):
        """A customer has paid; what is shared with other merchants is told by the same name, and is none."""
        if self.data['_subject'] == 'transaction':
            self.env['payment.transaction']._wechatpay_take_payment(self.merchant_id, self.data)

    def _on_refund(self):
        """A refund has come to its end."""
        self.env['payment.transaction']._wechatpay_take_refund(self.merchant_id, self.data)

    # === GETTERS === #

    @api.model
    def _get_handlers(self):
        """Override of the mixin."""
        return {
            **super()._get_handlers(),
            'MCHTRANSFER.BILL.FINISHED': '_on_transfer',
            'MCHTRANSFER.AUTHORIZATION.CONFIRMED': '_on_authorization',
            'MCHTRANSFER.AUTHORIZATION.CLOSED': '_on_authorization',
            'TRANSACTION.SUCCESS': '_on_payment',
            'REFUND.SUCCESS': '_on_refund',
            'REFUND.ABNORMAL': '_on_refund',
            'REFUND.CLOSED': '_on_refund',
        }
