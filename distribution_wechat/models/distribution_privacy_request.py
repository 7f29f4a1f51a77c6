from odoo import models


class DistributionPrivacyRequest(models.Model):
    _inherit = 'distribution.privacy.request'

    def _erase(self):
        """Override of `distribution_core`: with the person goes what WeChat knows it by, and its codes."""
        identities = self._get_wechat_identities()
        count = len(identities)
        for account, own in identities.grouped('account_id').items():
            self.env['distribution.wechat.message'].search([
                ('account_id', '=', account.id), ('openid', 'in', own.mapped('openid'))]).openid = False
        identities._end_authorizations()
        identities.unlink()
        self._get_wechat_notices().unlink()
        self.env['distribution.wechat.qr'].search([('distributor_id', 'in', self._get_distributors().ids)]).unlink()
        return [self.env._("Erased: %s WeChat identities.", count)] + super()._erase()

    def _get_privacy_sources(self):
        """Override of `distribution_core`."""
        return super()._get_privacy_sources() + [
            ('wechat', 'distribution.wechat.identity', [('id', 'in', self._get_wechat_identities().ids)], (
                'account_id.name', 'openid', 'unionid', 'is_follower', 'followed_at')),
            ('wechat_notices', 'distribution.wechat.notice', [('id', 'in', self._get_wechat_notices().ids)], (
                'topic', 'step', 'amount', 'count', 'reference', 'created_at', 'state', 'sent_at')),
            ('wechat_receivers', 'distribution.wechat.receiver', [
                ('distributor_id', 'in', self._get_distributors().ids)], (
                'merchant_id.name', 'kind', 'payee', 'added_at', 'removed_at')),
        ]

    def _get_wechat_notices(self):
        return self.env['distribution.wechat.notice'].search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)])

    def _get_wechat_identities(self):
        return self.env['distribution.wechat.identity'].search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)])
