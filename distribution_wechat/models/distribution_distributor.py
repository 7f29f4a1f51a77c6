from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

_MCHID_LENGTHS = range(8, 33)


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    wechat_mchid = fields.Char(
        string="WeChat Merchant Number", copy=False, groups='distribution_core.group_distribution_user',
        help="Of a company: what is shared with it goes to its own account at WeChat Pay.")

    # === CONSTRAINT METHODS === #

    @api.constrains('wechat_mchid')
    def _check_wechat_mchid(self):
        for distributor in self.filtered('wechat_mchid'):
            if not distributor.wechat_mchid.isdigit() or len(distributor.wechat_mchid) not in _MCHID_LENGTHS:
                raise ValidationError(self.env._("A merchant number has 8 to 32 digits."))

    # === GETTERS === #

    def _wechat_get_payee(self, channel):
        """Return who the distributor is in WeChat, for the account of a channel; nobody when it is not one person.

        :param distribution.payout.channel channel:
        :rtype: distribution.wechat.identity
        """
        return self._wechat_get_identity(channel.wechat_account_id)

    def _wechat_get_identity(self, account):
        """Return who the distributor is for an account; nobody when it is not one person.

        :param distribution.wechat.account account:
        :rtype: distribution.wechat.identity
        """
        self.ensure_one()
        identities_sudo = self.env['distribution.wechat.identity'].sudo().search([
            ('account_id', '=', account.id), ('partner_id', '=', self.partner_id.id)], limit=2)
        return identities_sudo if len(identities_sudo) == 1 else identities_sudo.browse()

    def _wechat_get_authorizing_channel_sudo(self):
        """Return the channel by which the distributor may receive without confirming, if there is one.

        :rtype: distribution.payout.channel
        """
        self.ensure_one()
        return self.env['distribution.payout.channel'].sudo().search([
            ('company_id', '=', self.company_id.id), ('code', '=', 'wechat'), ('wechat_has_authorization', '=', True),
        ]).filtered(self._wechat_get_payee)[:1]
    def _wechat_get_receiver(self, channel):
        """Return as whom something is shared with the distributor: a company as a merchant, others as persons.

        :param distribution.payout.channel channel:
        :return: `person` or `merchant`, and the openid or the merchant number if there is one.
        :rtype: tuple[str, str|None]
        """
        if self.kind == 'company':
            return 'merchant', self.sudo().wechat_mchid or None
        return 'person', self._wechat_get_payee(channel).openid or None

    def _wechat_get_legal_name(self):
        """Return the verified name of a company; that it is told to WeChat Pay is in the privacy log."""
        identity_sudo = self.env['distribution.identity'].sudo().search([
            ('distributor_id', '=', self.id), ('verified_at', '!=', False)])
        if not identity_sudo:
            raise UserError(self.env._("The identity of the distributor is not verified any more."))
        return identity_sudo._reveal('real_name', self.env._("Receiver of profit sharing at WeChat Pay"))

    def _wechat_get_shared_payable(self):
        """Return what may still be paid to the distributor by sharing: payable, or in withdrawals that were not sent.

        :rtype: float
        """
        waiting_sudo = self.env['distribution.withdrawal'].sudo().search([
            ('distributor_id', '=', self.id), ('state', 'in', ('requested', 'checked', 'approved')),
            ('channel_id.code', '=', 'wechat_sharing')])
        return self.sudo().payable_amount + sum(waiting_sudo.mapped('amount'))

    def _get_choosable_channels(self):
        """Override of `distribution_commission` to offer WeChat to those who connected it."""
        channels_sudo = super()._get_choosable_channels()
        own_sudo = channels_sudo.search([('company_id', '=', self.company_id.id), ('code', 'in', ('wechat', 'wechat_sharing'))])
        return channels_sudo | own_sudo.filtered(self._wechat_is_choosable)

    def _wechat_is_choosable(self, channel):
        if channel.code == 'wechat':
            return self._wechat_get_payee(channel)
        return self._wechat_get_receiver(channel)[1] and channel._wechat_get_frozen(self)
