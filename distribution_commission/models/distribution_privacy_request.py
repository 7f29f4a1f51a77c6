from odoo import models

from .distribution_balance import ACCRUED_BUCKETS, PAYABLE_BUCKETS

_OPEN_BUCKETS = ACCRUED_BUCKETS + PAYABLE_BUCKETS


class DistributionPrivacyRequest(models.Model):
    _inherit = 'distribution.privacy.request'

    def _get_privacy_sources(self):
        """Override of `distribution_core` to add commissions, statements, withdrawals and payouts."""
        own = [('distributor_id', 'in', self._get_distributors().ids)]
        return super()._get_privacy_sources() + [
            ('balances', 'distribution.balance', own, ('bucket', 'amount', 'currency_id.name')),
            ('commissions', 'distribution.commission', own, (
                'order_name', 'tier', 'status', 'earned_amount', 'currency_id.name', 'created_at')),
            ('statements', 'distribution.settlement', own, (
                'name', 'date', 'state', 'amount', 'currency_id.name', 'invoice_number')),
            ('disputes', 'distribution.dispute', own, (
                'name', 'submitted_at', 'kind', 'order_name', 'description', 'state', 'decision')),
            ('withdrawals', 'distribution.withdrawal', own, (
                'name', 'requested_at', 'amount', 'currency_id.name', 'state', 'refusal_reason')),
            ('payouts', 'distribution.payout', own, (
                'name', 'amount', 'tax_amount', 'net_amount', 'currency_id.name', 'state', 'done_at')),
        ]

    def _get_erasure_obstacles(self):
        """Override of `distribution_core`: nobody is erased whom money is owed to, or who owes some."""
        return super()._get_erasure_obstacles() + [
            self.env._(
                "%(distributor)s has %(amount)s left in “%(bucket)s”. Pay it out, or settle the debt, first.",
                distributor=balance.distributor_id.code,
                amount=balance.currency_id.format(balance.amount),
                bucket=dict(balance._fields['bucket']._description_selection(self.env))[balance.bucket],
            )
            for balance in self._get_distributors().balance_ids.filtered(
                lambda balance: balance.bucket in _OPEN_BUCKETS and not balance.currency_id.is_zero(balance.amount))
        ]
