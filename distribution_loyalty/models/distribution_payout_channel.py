from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DistributionPayoutChannel(models.Model):
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(selection_add=[('ewallet', "Store Credit")], ondelete={'ewallet': 'set default'})
    loyalty_program_id = fields.Many2one(
        comodel_name='loyalty.program', string="eWallet", domain="[('program_type', '=', 'ewallet')]",
        check_company=True, index='btree_not_null', ondelete='restrict')

    # === CONSTRAINT METHODS === #

    @api.constrains('code', 'loyalty_program_id')
    def _check_loyalty_program(self):
        for channel in self.filtered(lambda channel: channel.code == 'ewallet'):
            if channel.loyalty_program_id.program_type != 'ewallet':
                raise ValidationError(self.env._("“%s” needs an eWallet to credit.", channel.name))

    # === BUSINESS METHODS === #

    def _send_payout_request(self, payout):
        """Override of `distribution_commission`: the wallet is in this database.

        It is credited with the entry, in one transaction; what is only "sent" was not credited yet.
        """
        return {'state': 'done'} if self.code == 'ewallet' else super()._send_payout_request(payout)

    def _send_payout_query(self, payout):
        """Override of `distribution_commission`: see above."""
        return {'state': 'done'} if self.code == 'ewallet' else super()._send_payout_query(payout)

    def _extract_payout_state(self, payout_data):
        """Override of `distribution_commission`."""
        return payout_data['state'] if self.code == 'ewallet' else super()._extract_payout_state(payout_data)

    # === GETTERS === #

    @api.model
    def _get_automatic_codes(self):
        """Override of `distribution_commission`: nobody has to do anything."""
        return [*super()._get_automatic_codes(), 'ewallet']

    def _needs_account(self):
        """Override of `distribution_commission`: a wallet is the partner's own."""
        return self.code != 'ewallet' and super()._needs_account()

    def _needs_consent(self):
        """Override of `distribution_commission`: nobody is paid in goods without wanting to."""
        return self.code == 'ewallet' or super()._needs_consent()

    def _get_obstacle(self, withdrawal):
        """Override of `distribution_commission`: what is credited has to be owed to somebody in the books."""
        reason = super()._get_obstacle(withdrawal)
        if reason or self.code != 'ewallet':
            return reason
        if self.loyalty_program_id.currency_id != self.currency_id:
            return self.env._("The eWallet of “%s” is in another currency.", self.name)
        if self._get_wallet_account().internal_group != 'liability':
            return self.env._(
                "Set a liability account as the income account of the product “%s”: store credit is owed until it is spent.",
                self._get_wallet_product().display_name)
        return None

    def _get_wallet_product(self):
        """Return the product on whose order lines the wallet is spent."""
        return self.loyalty_program_id.sudo().reward_ids[:1].discount_line_product_id

    def _get_wallet_account(self):
        """Return the account that is debited when the wallet is spent."""
        product = self._get_wallet_product().with_company(self.company_id)
        return product.product_tmpl_id.get_product_accounts()['income'] or self.env['account.account']

    def _get_wallet(self, partner):
        """Return the wallet of a partner, opened if there is none; locked, so that it is credited one by one.

        :rtype: loyalty.card
        """
        card_sudo = self.env['loyalty.card'].sudo().search([
            ('partner_id', '=', partner.id), ('program_id', '=', self.loyalty_program_id.id)], limit=1)
        if not card_sudo:
            card_sudo = self.env['loyalty.card'].sudo().with_context(loyalty_no_mail=True).create({
                'partner_id': partner.id, 'program_id': self.loyalty_program_id.id})
        card_sudo.lock_for_update(allow_referencing=True)
        return card_sudo
