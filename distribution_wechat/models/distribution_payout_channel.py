from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..wechat.pay import NAME_NEEDED_FROM, NAME_REFUSED_BELOW, SMALLEST, split

_TEXT_MAX = 32
SCENE_COMMISSIONS = '1005'
WECHAT_CODES = ('wechat', 'wechat_sharing')
_JOB, _REASON = '岗位类型', '报酬说明'       # as the platform names them


class DistributionPayoutChannel(models.Model):
    """Transfers to the WeChat wallet of the distributor, who confirms each of them on the phone within a day."""
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(selection_add=[('wechat', "WeChat Transfer")], ondelete={'wechat': 'set default'})
    wechat_merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', string="Merchant", check_company=True, index='btree_not_null',
        ondelete='restrict')
    wechat_account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="WeChat Account", check_company=True, index='btree_not_null',
        ondelete='restrict', help="The official account or mini program by which distributors are known; bound to the "
                                  "merchant.")
    wechat_job = fields.Char(
        string="Kind of Job", default="推广员", help="What distributors are, as WeChat Pay wants it reported.")
    wechat_reason = fields.Char(
        string="Paid for", default="销售佣金", help="What is paid, as WeChat Pay wants it reported.")
    wechat_remark = fields.Char(string="Remark", default="销售佣金", help="The distributor sees it in WeChat.")
    wechat_perception = fields.Char(
        string="Shown as", help="One of the names that WeChat Pay offers, e.g. 劳务报酬. Empty: its default.")
    wechat_bill_max = fields.Monetary(
        string="Largest Transfer", default=200.0,
        help="As the merchant platform says. Larger payments are split into several transfers.")
    wechat_payee_day_max = fields.Monetary(string="A Day and Distributor", default=2_000.0)
    wechat_day_max = fields.Monetary(string="A Day", default=50_000.0)
    wechat_name_from = fields.Monetary(
        string="With the Name from", default=2_000.0,
        help="From this amount on, WeChat Pay compares the verified name. It wants it from 2,000 on, and takes none "
             "below 0.30.")
    wechat_has_authorization = fields.Boolean(
        string="Without Confirming", help="Distributors may consent once to receive by themselves. WeChat Pay has to grant "
                                          "the merchant this first (免确认收款授权).")

    # === CONSTRAINT METHODS === #

    @api.constrains('code', 'wechat_merchant_id', 'wechat_account_id', 'wechat_job', 'wechat_reason', 'wechat_remark')
    def _check_wechat(self):
        for channel in self.filtered(lambda channel: channel.code == 'wechat'):
            if not (channel.wechat_merchant_id and channel.wechat_account_id):
                raise ValidationError(self.env._("“%s” needs a merchant and a WeChat account.", channel.name))
            for text in (channel.wechat_job, channel.wechat_reason, channel.wechat_remark):
                if not 0 < len(text or '') <= _TEXT_MAX:
                    raise ValidationError(self.env._("What WeChat Pay is told has 1 to 32 characters."))

    @api.constrains('wechat_bill_max', 'wechat_name_from', 'wechat_payee_day_max', 'wechat_day_max', 'code')
    def _check_wechat_limits(self):
        for channel in self.filtered(lambda channel: channel.code == 'wechat'):
            if round(channel.wechat_bill_max * 100) < 2 * SMALLEST:
                raise ValidationError(self.env._("The largest transfer is 0.20 or more."))
            if not NAME_REFUSED_BELOW <= round(channel.wechat_name_from * 100) <= NAME_NEEDED_FROM:
                raise ValidationError(self.env._("The name is sent from an amount between 0.30 and 2,000 on."))
            if min(channel.wechat_payee_day_max, channel.wechat_day_max) <= 0:
                raise ValidationError(self.env._("What may be transferred a day is more than nothing."))

    @api.constrains('wechat_merchant_id', 'wechat_account_id')
    def _check_wechat_under_way(self):
        """What is under way is asked about by the merchant that it was sent by."""
        self._check_under_way()

    # === BUSINESS METHODS === #

    def _send_payout_request(self, payout):
        """Override of `distribution_commission` to send the parts, whose numbers are committed."""
        return payout._wechat_go_on() if self.code in WECHAT_CODES else super()._send_payout_request(payout)

    def _send_payout_query(self, payout):
        """Override of `distribution_commission` to ask about the parts, and to send again what never arrived."""
        return payout._wechat_go_on() if self.code in WECHAT_CODES else super()._send_payout_query(payout)

    def _extract_payout_state(self, payout_data):
        """Override of `distribution_commission`."""
        return payout_data['state'] if self.code in WECHAT_CODES else super()._extract_payout_state(payout_data)

    def _extract_payout_reason(self, payout_data):
        """Override of `distribution_commission` to say it as the distributor understands it."""
        if self.code != 'wechat':
            return super()._extract_payout_reason(payout_data)
        return self._wechat_get_reasons().get(payout_data['reason']) or self.env._(
            "WeChat Pay did not pay it: %s", payout_data['reason'] or self.env._("refused"))

    # === GETTERS === #

    @api.model
    def _get_automatic_codes(self):
        """Override of `distribution_commission`: WeChat Pay pays by itself."""
        return [*super()._get_automatic_codes(), 'wechat']

    def _needs_account(self):
        """Override of `distribution_commission`: the payee is who logs in by WeChat."""
        return self.code != 'wechat' and super()._needs_account()

    def _get_obstacle(self, withdrawal):
        """Override of `distribution_commission` to look for the payee in WeChat."""
        reason = super()._get_obstacle(withdrawal)
        if reason or self.code != 'wechat':
            return reason
        if self.currency_id.name != 'CNY':
            return self.env._("WeChat Pay pays in CNY.")
        if withdrawal.distributor_id.kind == 'company':
            return self.env._("WeChat Pay pays to persons only.")
        if not withdrawal.distributor_id._wechat_get_payee(self):
            return self.env._("The distributor has not connected WeChat yet.")
        return self._wechat_get_amount_obstacle(withdrawal.net_amount)

    def _wechat_get_amount_obstacle(self, amount):
        if round(amount * 100) < SMALLEST:
            return self.env._("WeChat Pay pays 0.10 or more.")
        largest = min(self.wechat_payee_day_max, self.wechat_day_max)
        if self.currency_id.compare_amounts(amount, largest) > 0:
            return self.env._("By WeChat, %s may be paid on a day.", self.currency_id.format(largest))
        return None

    def _wechat_split(self, amount):
        """Return the amounts of the transfers that an amount is paid by.

        :rtype: list[float]
        """
        return [fen / 100 for fen in split(round(amount * 100), round(self.wechat_bill_max * 100))]

    def _wechat_prepare_terms(self, amount):
        """Return what goes with the number of a transfer besides payee and amount, from now on unchanged.

        :rtype: dict
        """
        notify_url = self.wechat_merchant_id._get_notify_url()
        return {
            'scene': SCENE_COMMISSIONS,
            'remark': self.wechat_remark,
            'reports': [[_JOB, self.wechat_job], [_REASON, self.wechat_reason]],
            'perception': self.wechat_perception or None,
            'with_name': self.currency_id.compare_amounts(amount, self.wechat_name_from) >= 0,
            'notify_url': notify_url if notify_url.startswith('https://') else None,
        }

    @api.model
    def _wechat_get_reasons(self):
        """Return words for the distributor by the reasons of the platform.

        :rtype: dict[str, str]
        """
        return {
            'OVERDUE_CLOSE': self.env._("You did not confirm the transfer in WeChat within a day."),
            'MCH_CANCEL': self.env._("The transfer was taken back before you confirmed it."),
            'NAME_NOT_CORRECT': self.env._("The name in WeChat is not your verified name."),
            'REAL_NAME_CHECK_FAIL': self.env._("Verify your name in WeChat first."),
            'ACCOUNT_FROZEN': self.env._("Your WeChat wallet is frozen."),
        }
