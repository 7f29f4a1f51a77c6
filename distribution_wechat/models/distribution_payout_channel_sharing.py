import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

_logger = logging.getLogger(__name__)


class DistributionPayoutChannel(models.Model):
    """Profit sharing: commissions out of the frozen payments of the orders that earned them."""
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(
        selection_add=[('wechat_sharing', "WeChat Profit Sharing")], ondelete={'wechat_sharing': 'set default'})
    wechat_is_daily = fields.Boolean(
        string="Withdraw Daily", default=True,
        help="Each day a withdrawal is entered for every distributor who can be paid so; it is approved as others are.")

    # === CONSTRAINT METHODS === #

    @api.constrains('code', 'wechat_merchant_id', 'wechat_account_id', 'wechat_remark')
    def _check_wechat_sharing(self):
        for channel in self.filtered(lambda channel: channel.code == 'wechat_sharing'):
            if not (channel.wechat_merchant_id and channel.wechat_account_id):
                raise ValidationError(self.env._("“%s” needs a merchant and a WeChat account.", channel.name))
            if not channel.wechat_remark:
                raise ValidationError(self.env._("What WeChat Pay is told has 1 to 32 characters."))

    # === BUSINESS METHODS === #

    def _extract_payout_reason(self, payout_data):
        """Override of `distribution_commission` to say it as the distributor understands it."""
        if self.code != 'wechat_sharing':
            return super()._extract_payout_reason(payout_data)
        return self._wechat_get_share_reasons().get(payout_data['reason']) or self.env._(
            "WeChat Pay did not pay it: %s", payout_data['reason'] or self.env._("refused"))

    @api.model
    def _cron_wechat_share(self):
        """Enter the withdrawals of the day, each in a transaction of its own; who cannot withdraw stops no other."""
        for channel in self.search([('code', '=', 'wechat_sharing'), ('wechat_is_daily', '=', True)]):
            for distributor in channel._wechat_get_sharers():
                try:
                    channel._wechat_request(distributor)
                except UserError as error:
                    self.env.cr.rollback()
                    _logger.info("no withdrawal for distributor %s: %s", distributor.id, error)
                self.env['ir.cron']._commit_progress(1)
        self.env['distribution.wechat.receiver']._cron_remove()

    def _wechat_request(self, distributor):
        """Enter a withdrawal of all that can be shared, by the ordinary way; who approves may choose another channel."""
        largest = distributor.company_id.distribution_withdrawal_max or float('inf')
        amount = min(self._wechat_get_amount(distributor), distributor.payable_amount, largest)
        if self.currency_id.compare_amounts(amount, max(0.01, self.company_id.distribution_withdrawal_min)) >= 0:
            distributor._request_withdrawal(self.currency_id.round(amount), channel=self).sudo().is_channel_chosen = False

    # === GETTERS === #

    @api.model
    def _get_automatic_codes(self):
        """Override of `distribution_commission`: WeChat Pay pays by itself."""
        return [*super()._get_automatic_codes(), 'wechat_sharing']

    def _needs_account(self):
        """Override of `distribution_commission`: the payee is who logs in by WeChat, or a merchant."""
        return self.code != 'wechat_sharing' and super()._needs_account()

    def _get_obstacle(self, withdrawal):
        """Override of `distribution_commission` to look for the payee, and for payments to pay it out of."""
        reason = super()._get_obstacle(withdrawal)
        if reason or self.code != 'wechat_sharing':
            return reason
        if self.currency_id.name != 'CNY':
            return self.env._("WeChat Pay pays in CNY.")
        if not withdrawal.distributor_id._wechat_get_receiver(self)[1]:
            return self.env._("The distributor has not connected WeChat yet, or as a company has no merchant number.")
        largest = self._wechat_get_amount(withdrawal.distributor_id, withdrawal)
        if self.currency_id.compare_amounts(withdrawal.amount, largest) > 0:
            return self.env._(
                "Out of the payments of its orders, %(largest)s can be shared now: what is settled, within the share "
                "that WeChat Pay allows and until the last day of each payment.", largest=self.currency_id.format(largest))
        return None

    def _wechat_get_frozen(self, distributor):
        """Return the payments that may be shared with a distributor, the oldest first.

        :rtype: distribution.wechat.frozen
        """
        frozen_sudo = self.env['distribution.wechat.frozen'].sudo()
        return frozen_sudo.search([
            ('merchant_id', '=', self.wechat_merchant_id.id), ('state', '=', 'frozen'),
            ('share_until', '>', fields.Datetime.now()),
            ('transaction_id.sale_order_ids.attribution_ids.commission_ids.distributor_id', '=', distributor.id),
        ], order='paid_at, id')

    def _wechat_get_amount(self, distributor, withdrawal=None):
        """Return what a distributor can be paid by sharing, less what other withdrawals are waiting for.

        :param distribution.withdrawal|None withdrawal: That does not count.
        :rtype: float
        """
        fen = sum(part for _frozen, part in self._wechat_get_frozen(distributor)._allocate(distributor))
        others_sudo = self.env['distribution.withdrawal'].sudo().search([
            ('distributor_id', '=', distributor.id), ('channel_id', '=', self.id),
            ('state', 'in', ('requested', 'checked', 'approved')), ('id', '!=', withdrawal.id if withdrawal else False),
        ]).filtered(lambda other: 'sent' not in other.payout_ids.mapped('state'))
        return max(0.0, self.currency_id.round(fen / 100 - sum(others_sudo.mapped('amount'))))

    def _wechat_get_sharers(self):
        """Return the distributors who have earned by payments that are frozen.

        :rtype: distribution.distributor
        """
        frozen = self.env['distribution.wechat.frozen'].search([
            ('merchant_id', '=', self.wechat_merchant_id.id), ('state', '=', 'frozen'),
            ('share_until', '>', fields.Datetime.now())])
        groups = self.env['distribution.commission']._read_group([
            ('attribution_id.order_id', 'in', frozen.transaction_id.sale_order_ids.ids), ('settled_amount', '>', 0),
        ], ['distributor_id'])
        distributors = self.env['distribution.distributor'].union(*(distributor for [distributor] in groups))
        return distributors.filtered(lambda distributor: distributor._wechat_get_receiver(self)[1])

    @api.model
    def _wechat_get_share_reasons(self):
        """Return words for the distributor by the reasons of the platform.

        :rtype: dict[str, str]
        """
        return {
            'ACCOUNT_ABNORMAL': self.env._("Your account at WeChat Pay cannot receive money now."),
            'RECEIVER_HIGH_RISK': self.env._("WeChat Pay does not pay to your account."),
            'RECEIVER_REAL_NAME_NOT_VERIFIED': self.env._("Verify your name in WeChat first."),
            'RECEIVER_RECEIPT_LIMIT': self.env._("You have received as much as WeChat Pay allows in a month."),
        }
