from odoo import fields, models


class DistributionPayoutChannel(models.Model):
    _inherit = 'distribution.payout.channel'

    code = fields.Selection(selection_add=[('test', "Test")], ondelete={'test': 'set default'})

    def _get_automatic_codes(self):
        """Override of `distribution_commission` to say that it pays by itself."""
        return [*super()._get_automatic_codes(), 'test']

    def _send_payout_request(self, payout):
        """Override of `distribution_commission` to pay even amounts and refuse odd ones."""
        if self.code != 'test':
            return super()._send_payout_request(payout)
        return {'number': payout.name, 'status': 'SUCCESS' if payout.net_amount % 2 == 0 else 'FAIL'}

    def _extract_payout_state(self, payout_data):
        """Override of `distribution_commission` to read the answer above."""
        if self.code != 'test':
            return super()._extract_payout_state(payout_data)
        return {'SUCCESS': 'done', 'FAIL': 'failed'}[payout_data['status']]
