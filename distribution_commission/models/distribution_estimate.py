from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.lru import LRU

from odoo.addons.distribution_core.attribution import Buyer, Claim, Member, chain

from ..engine import Payee
from .sale_order import PAID_STATES

# A page shows an estimate: of the latest orders, so that it costs the same however long the history.
_LATEST_ORDERS = 500
# What a worker worked out last, with the version of the rows that it rests on; by database, kind and id.
# Asking for the version costs a statement; so a page that is opened again costs no more than that.
_KEPT = LRU(1_024)


class DistributionDistributor(models.Model):
    """What is not earned yet: orders that wait for their payment, and ladders whose period still runs.

    The same kernel as for the ledger, and nothing is written. Orders are looked at as they stand; ladders
    as they stood when the processor last looked at one of their orders.
    """
    _inherit = 'distribution.distributor'

    unpaid_estimate_amount = fields.Monetary(
        string="On Unpaid Orders", compute='_compute_unpaid_estimate_amount',
        groups='distribution_core.group_distribution_user',
        help="What the latest orders that are confirmed and not paid yet earn when they are; ladders not included.")

    # === COMPUTE METHODS === #

    def _compute_unpaid_estimate_amount(self):
        for distributor in self:
            known = distributor._origin
            distributor.unpaid_estimate_amount = sum(
                estimate['amount'] for estimate in known._get_unpaid_estimates()) if known else 0

    # === ACTION METHODS === #

    def action_view_ladder_periods(self):
        """Button: the periods of the ladders of this distributor."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_commission.distribution_ladder_period_action'),
            'domain': [('distributor_id', '=', self.id)],
        }

    # === GETTERS === #

    def _get_unpaid_estimates(self):
        """Return what orders that are confirmed and not paid yet will earn when they are, by today's documents.

        Of the latest orders; ladders not included.

        :return: order_id, order_name, ordered_at and amount, in the company's currency; the latest first.
        :rtype: list[dict]
        """
        self.ensure_one()
        rows = self._get_unpaid_orders()
        key, version = (self.env.cr.dbname, 'unpaid', self.id), hash(tuple(rows))
        kept = _KEPT.get(key)
        if not kept or kept[0] != version:
            kept = _KEPT[key] = version, self._estimate_orders([order_id for order_id, _version in rows])
        names = ('order_id', 'order_name', 'ordered_at', 'amount')
        return [dict(zip(names, estimate, strict=True)) for estimate in kept[1]]

    def _estimate_orders(self, order_ids):
        """Return (order's id, name, date, amount) of those that will earn something.

        :rtype: list[tuple]
        """
        if not order_ids:
            return []
        orders_sudo = self.env['sale.order'].sudo()
        expected, earned = (
            self._get_own_amounts(
                orders_sudo._distribution_get_facts(dict.fromkeys(order_ids), as_ordered=as_ordered))
            for as_ordered in (True, False))
        minor = 10 ** self.currency_id.decimal_places
        return [
            (order.id, order.name, order.date_order, amount / minor)
            for order in orders_sudo.browse(order_ids)
            for amount in [expected.get(order.id, 0) - earned.get(order.id, 0)] if amount > 0
        ]

    def _get_ladder_estimates(self):
        """Return where this distributor stands on its ladders, for the periods that still run.

        :return: words and days of the period, sales and amount so far, next_bound and next_rate (None: there
            is no step above), all in the company's currency.
        :rtype: list[dict]
        """
        self.ensure_one()
        periods_sudo = self.env['distribution.ladder.period'].sudo().search([
            ('distributor_id', '=', self.id), ('date_until', '>', fields.Datetime.now())], order='date_until, id')
        result, amounts = [], self._get_running_amounts(periods_sudo)
        for period_sudo in periods_sudo:
            sales, earned = amounts[period_sudo.id]
            step_sudo = period_sudo.ladder_id._get_next_step(sales)
            result.append({
                'period': period_sudo.ladder_id.period,
                'words': period_sudo.ladder_id._get_words(),
                'days': period_sudo._get_days_text(),
                'sales': sales,
                'amount': earned,
                'next_bound': step_sudo.lower_amount if step_sudo else None,
                'next_rate': step_sudo.rate if step_sudo else None,
            })
        return result

    def _get_running_amounts(self, periods_sudo):
        """Return sales and what they earn so far, by period; worked out anew when the processor marked it since.

        :rtype: dict[int, tuple[float, float]]
        """
        if not periods_sudo:
            return {}
        periods_sudo.flush_recordset()
        versions = dict(self.env.execute_query(SQL(
            "SELECT id, concat_ws(' ', xmin, ctid) FROM distribution_ladder_period WHERE id = ANY(%s)", periods_sudo.ids)))
        keys = {period_sudo.id: (self.env.cr.dbname, 'ladder', period_sudo.id) for period_sudo in periods_sudo}
        amounts = {
            id_: kept[1] for id_, key in keys.items() for kept in [_KEPT.get(key)] if kept and kept[0] == versions[id_]}
        for period_sudo in periods_sudo.filtered(lambda period: period.id not in amounts):
            amounts[period_sudo.id] = period_sudo.sales_amount, period_sudo.earned_amount
            _KEPT[keys[period_sudo.id]] = versions[period_sudo.id], amounts[period_sudo.id]
        return amounts

    def _get_payees(self):
        """Return who would earn on a sale of this distributor now, as confirming an order would pin it.

        :rtype: tuple[Payee, ...]
        """
        self.ensure_one()
        policy_sudo = self.env['distribution.policy'].sudo()._get_in_force(self.company_id)
        has_agreement = bool(self.env['distribution.agreement'].sudo()._get_in_force(self.company_id))
        uplines = self.browse(reversed([int(id_) for id_ in (self.parent_path or '').split('/') if id_]))
        members = tuple(
            Member(
                id=member.id,
                state='unaccepted' if member.state == 'active' and has_agreement and not member.accepted_agreement_id
                else member.state,
                level_id=member.level_id.id or None,
                identities=frozenset(),
            )
            for member in uplines)
        tiers = chain(Claim('staff', fields.Datetime.now(), members), Buyer(frozenset()), policy_sudo.max_paid_tiers)
        return tuple(
            Payee(tier.tier, tier.member.id, tier.member.level_id or 0) for tier in tiers if not tier.refusal)

    def _get_own_amounts(self, facts):
        """Return what the kernel gives this distributor, in minor units by order.

        :rtype: dict[int, int]
        """
        order_by_attribution = {fact.attribution_id: fact.order.id for fact in facts}
        amounts = {}
        for target in self.env['distribution.commission'].sudo()._get_targets(facts).values():
            if target['distributor_id'] == self.id:
                order_id = order_by_attribution[target['attribution_id']]
                amounts[order_id] = amounts.get(order_id, 0) + target['amount']
        return amounts

    def _get_unpaid_orders(self):
        """Return those of the latest orders of which something is not invoiced or not paid, the latest first.

        :return: Ids, each with the version of all rows that its estimate rests on: a write of any of them
            makes another one.
        :rtype: list[tuple[int, str]]
        """
        self.ensure_one()
        for model in ('sale.order', 'sale.order.line', 'account.move', 'product.product', 'distribution.attribution'):
            self.env[model].flush_model()
        return self.env.execute_query(SQL(
            """
            WITH latest AS MATERIALIZED (       -- one after the other would look for the invoices of each by itself
                SELECT a.id, a.order_id, o.invoice_status, concat_ws(' ', o.xmin, o.ctid, a.xmin, a.ctid) AS version
                  FROM (
                       SELECT attribution_id
                         FROM distribution_attribution_tier
                        WHERE distributor_id = %(distributor)s AND refusal IS NULL
                     ORDER BY attribution_id DESC
                        LIMIT %(limit)s
                       ) tier
                  JOIN distribution_attribution a ON a.id = tier.attribution_id AND a.plan_version_id IS NOT NULL
                  JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
            ), line AS MATERIALIZED (
                SELECT latest.order_id, l.id, concat_ws(' ', l.xmin, l.ctid, p.xmin, p.ctid) AS version
                  FROM latest
                  JOIN sale_order_line l ON l.order_id = latest.order_id
             LEFT JOIN product_product p ON p.id = l.product_id
            ), lines AS (
                SELECT order_id, string_agg(version, ' ' ORDER BY id) AS version FROM line GROUP BY order_id
            ), moves AS (
                SELECT line.order_id, string_agg(concat_ws(' ', m.xmin, m.ctid), ' ' ORDER BY m.id) AS version,
                       bool_or(m.move_type = 'out_invoice' AND m.state != 'cancel'
                               AND m.payment_state != ALL(%(paid)s)) AS is_unpaid
                  FROM line
                  JOIN sale_order_line_invoice_rel r ON r.order_line_id = line.id
                  JOIN account_move_line ml ON ml.id = r.invoice_line_id
                  JOIN account_move m ON m.id = ml.move_id
              GROUP BY line.order_id
            )
            SELECT order_id, concat_ws(' ', latest.version, lines.version, moves.version)
              FROM latest
         LEFT JOIN lines USING (order_id)
         LEFT JOIN moves USING (order_id)
             WHERE latest.invoice_status IN ('to invoice', 'no') OR moves.is_unpaid
          ORDER BY latest.id DESC
            """, distributor=self.id, limit=_LATEST_ORDERS, paid=[*PAID_STATES, 'reversed']))
