from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(selection_add=[('wechatpay', "WeChat Pay")], ondelete={'wechatpay': 'set default'})
    wechatpay_merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', string="WeChat Pay Merchant", check_company=True, copy=False,
        index='btree_not_null', ondelete='restrict', required_if_provider='wechatpay', groups='base.group_system')
    wechatpay_account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="Official Account", domain="[('kind', '=', 'official')]",
        check_company=True, copy=False, index='btree_not_null', ondelete='restrict', required_if_provider='wechatpay',
        groups='base.group_system', help="Its AppID is bound to the merchant.")
    wechatpay_mini_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="Mini Program", domain="[('kind', '=', 'mini')]",
        check_company=True, copy=False, index='btree_not_null', ondelete='restrict', groups='base.group_system')
    wechatpay_has_h5 = fields.Boolean(
        string="In Other Browsers on Phones", default=True,
        help="H5 payment, which WeChat Pay grants for a domain. Without it a code to scan is shown.")

    # === COMPUTE METHODS === #

    def _compute_feature_support_fields(self):
        """Override of `payment` to enable additional features."""
        super()._compute_feature_support_fields()
        self.filtered(lambda provider: provider.code == 'wechatpay').support_refund = 'partial'

    # === CONSTRAINT METHODS === #

    @api.constrains('company_id', 'wechatpay_merchant_id', 'wechatpay_account_id', 'wechatpay_mini_id')
    def _check_wechatpay_company(self):
        for provider in self.sudo():
            owners = provider.wechatpay_merchant_id.company_id | provider.wechatpay_account_id.company_id \
                | provider.wechatpay_mini_id.company_id
            if owners - provider.company_id:
                raise ValidationError(self.env._("The merchant and the accounts belong to the provider's company."))

    # === GETTERS === #

    def _get_supported_currencies(self):
        """Override of `payment` to return the supported currencies."""
        supported_currencies = super()._get_supported_currencies()
        if self.code == 'wechatpay':
            supported_currencies = supported_currencies.filtered(lambda currency: currency.name == 'CNY')
        return supported_currencies

    def _get_default_payment_method_codes(self):
        """Override of `payment` to return the default payment method codes."""
        self.ensure_one()
        if self.code != 'wechatpay':
            return super()._get_default_payment_method_codes()
        return {'wechat_pay'}
