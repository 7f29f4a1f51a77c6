from odoo import models


class DistributionDistributor(models.Model):
    """What a distributor sees of the orders that it earns from: no buyer."""
    _inherit = 'distribution.distributor'

    def _get_credited_orders(self, limit=None, offset=0):
        """Return a part of the orders from which this distributor earns, the latest first, and how many there are.

        :return: Each with name, at (when it was confirmed), role, is_cancelled, and amount (earned as of now).
        :rtype: tuple[list[dict], int]
        """
        self.ensure_one()
        domain = [('distributor_id', '=', self.id), ('refusal', '=', False)]
        tiers_sudo = self.env['distribution.attribution.tier'].sudo()
        found_sudo = tiers_sudo.search(domain, order='attribution_id.id desc, tier', limit=limit, offset=offset)
        amounts = {
            (attribution.id, tier): amount
            for attribution, tier, amount in self.env['distribution.commission'].sudo()._read_group(
                [('distributor_id', '=', self.id), ('attribution_id', 'in', found_sudo.attribution_id.ids)],
                ['attribution_id', 'tier'], ['earned_amount:sum'])
        }
        return [{
            'name': tier_sudo.attribution_id.order_id.name,
            'at': tier_sudo.attribution_id.pinned_at,
            'role': tier_sudo.role,
            'is_cancelled': tier_sudo.attribution_id.order_id.state == 'cancel',
            'amount': amounts.get((tier_sudo.attribution_id.id, tier_sudo.tier), 0),
        } for tier_sudo in found_sudo], tiers_sudo.search_count(domain)
