from odoo import models


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    # === GETTERS === #

    def _wechat_get_payee(self, channel):
        """Return who the distributor is in WeChat, for the account of a channel; nobody when it is not one person.

        :param distribution.payout.channel channel:
        :rtype: distribution.wechat.identity
        """
        self.ensure_one()
        identities_sudo = self.env['distribution.wechat.identity'].sudo().search([
            ('account_id', '=', channel.wechat_account_id.id), ('partner_id', '=', self.partner_id.id)], limit=2)
        return identities_sudo if len(identities_sudo) == 1 else identities_sudo.browse()

    def _wechat_get_authorizing_channel_sudo(self):
        """Return the channel by which the distributor may receive without confirming, if there is one.

        :rtype: distribution.payout.channel
        """
        self.ensure_one()
        return self.env['distribution.payout.channel'].sudo().search([
            ('company_id', '=', self.company_id.id), ('code', '=', 'wechat'), ('wechat_has_authorization', '=', True),
        ]).filtered(self._wechat_get_payee)[:1]

    def _get_choosable_channels(self):
        """Override of `distribution_commission` to offer WeChat to those who connected it."""
        channels_sudo = super()._get_choosable_channels()
        return channels_sudo | channels_sudo.search([
            ('company_id', '=', self.company_id.id), ('code', '=', 'wechat'),
        ]).filtered(self._wechat_get_payee)
