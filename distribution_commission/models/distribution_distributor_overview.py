from odoo import fields, models
from odoo.tools import SQL


class DistributionDistributor(models.Model):
    """What a distributor sees of its sales and of its team: no buyer, nobody's name or code."""
    _inherit = 'distribution.distributor'

    def _get_earnings(self):
        """Return what was earned today and in this month, by the days of the company.

        :return: By `today` and `month`: amount, as it stands now, and orders.
        :rtype: dict[str, dict]
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        today = company_sudo._distribution_get_today()
        begins = {
            name: company_sudo._distribution_get_beginning(day)
            for name, day in (('today', today), ('month', fields.Date.start_of(today, 'month')))
        }
        self.env['distribution.commission'].flush_model()
        [row] = self.env.execute_query_dict(SQL(
            """
            SELECT COALESCE(SUM(earned_amount) FILTER (WHERE created_at >= %(today)s), 0) AS today_amount,
                   COALESCE(SUM(earned_amount), 0) AS month_amount,
                   COUNT(DISTINCT attribution_id) FILTER (WHERE earned_amount > 0 AND created_at >= %(today)s)
                       AS today_orders,
                   COUNT(DISTINCT attribution_id) FILTER (WHERE earned_amount > 0) AS month_orders
              FROM distribution_commission
             WHERE distributor_id = %(distributor)s AND created_at >= %(month)s
            """, distributor=self.id, **begins))
        return {name: {'amount': row[f'{name}_amount'], 'orders': row[f'{name}_orders']} for name in begins}

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

    def _get_team(self, limit=None, offset=0):
        """Return a part of those directly below, the latest first, and how many there are.

        :return: Each with alias, level (the name) and orders (credited to it): nothing that says who it is.
        :rtype: tuple[list[dict], int]
        """
        self.ensure_one()
        domain = [('parent_id', '=', self.id), ('state', 'in', ('active', 'suspended'))]
        distributors_sudo = self.sudo()
        team_sudo = distributors_sudo.search(domain, order='id desc', limit=limit, offset=offset)
        orders = dict(self.env['distribution.attribution.tier'].sudo()._read_group(
            [('distributor_id', 'in', team_sudo.ids), ('tier', '=', 1), ('refusal', '=', False)],
            ['distributor_id'], ['__count']))
        return [{
            'alias': member_sudo.alias or None,
            'level': member_sudo.level_id.name or None,
            'orders': orders.get(member_sudo, 0),
        } for member_sudo in team_sudo], distributors_sudo.search_count(domain)
