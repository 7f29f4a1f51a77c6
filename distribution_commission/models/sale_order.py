from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, groupby

from odoo.addons.distribution_core.attribution import AGENTS

from ..engine import Order, Payee, SaleLine, scale

PAID_STATES = ('paid', 'in_payment')
_WHOLE = SQL("1")


class LineDetails(NamedTuple):
    """What a commission keeps of a sale line apart from money."""

    product_name: str
    delivered: bool


class OrderFacts(NamedTuple):
    """An attributed order as its documents stand now."""

    attribution_id: int
    company_id: int
    order_name: str
    plan_version_id: int
    hold_days: int
    told_at: object             # datetime: when the documents last told something
    order: Order
    details: dict               # LineDetails by sale line id


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    # === BUSINESS METHODS - TELLING === #

    def _action_confirm(self):
        """Override of `sale` to tell of the confirmation, after the attribution was pinned."""
        res = super()._action_confirm()
        self._distribution_notify('confirmed')
        return res

    def _action_cancel(self):
        """Override of `sale` to tell of the cancellation."""
        res = super()._action_cancel()
        self._distribution_notify('cancelled')
        return res

    def write(self, vals):
        """Override of `sale` to tell of another date, which periods and rules go by; a confirmation tells itself."""
        res = super().write(vals)
        if 'date_order' in vals and 'state' not in vals:
            self.filtered(lambda order: order.state == 'sale')._distribution_notify('edited')
        return res

    def _distribution_notify(self, reason):
        """Mark these orders dirty, those that are attributed: one statement, no shared row."""
        if self.ids:
            self.env['distribution.event']._tell(SQL(
                "SELECT order_id FROM distribution_attribution WHERE order_id = ANY(%s)", list(self.ids)), reason)

    @api.model
    def _distribution_is_attributable(self, rows, now):
        """Override of `distribution_core`: agents alone are a reason only where the plan in force pays them."""
        version_id = self.env['distribution.plan']._get_active_version_id(rows[0]['company_id'], now)
        paid = self.env['distribution.plan.version']._get_paid_agents(version_id) if version_id else ()
        return any(row['source'] not in AGENTS or row['source'] in paid for row in rows)

    def _distribution_prepare_attribution(self, order_id, rows, now):
        """Override of `distribution_core` to pin the plan version as well."""
        values = super()._distribution_prepare_attribution(order_id, rows, now)
        values['plan_version_id'] = self.env['distribution.plan']._get_active_version_id(values['company_id'], now)
        return values

    # === BUSINESS METHODS - FACTS === #

    @api.model
    def _distribution_get_facts(self, told_at_by_order, as_ordered=False):
        """Load orders for the kernel, as plain columns.

        Orders without a plan at confirmation earn nothing and are left out.

        :param dict[int, datetime] told_at_by_order: When each order last told something.
        :param bool as_ordered: As if everything ordered were invoiced and paid: for estimates.
        :rtype: list[OrderFacts]
        """
        rows = self.env.execute_query_dict(self._distribution_facts_query(list(told_at_by_order), as_ordered))
        facts = []
        for order_id, lines in groupby(rows, key=lambda row: row['order_id']):
            first = lines[0]
            facts.append(OrderFacts(
                attribution_id=first['attribution_id'],
                company_id=first['company_id'],
                order_name=first['order_name'],
                plan_version_id=first['plan_version_id'],
                hold_days=first['hold_days'],
                told_at=told_at_by_order[order_id],
                order=Order(
                    id=order_id,
                    lines=tuple(self._distribution_to_sale_line(row) for row in lines if row['line_id']),
                    payees=tuple(Payee(*payee) for payee in first['payees'] or ()),
                    ordered_at=fields.Datetime.to_string(first['ordered_at']),
                ),
                details={
                    row['line_id']: LineDetails(row['product_name'] or '', row['delivered']) for row in lines
                },
            ))
        return facts

    @api.model
    def _distribution_to_sale_line(self, row):
        sold, sold_doc, refunded_doc = row['sold'], row['sold_doc'], row['refunded_doc']
        return SaleLine(
            id=row['line_id'],
            role=row['role'],
            sold=sold,
            # At the rate of the sale, so that a full refund takes everything back at any rate.
            refunded=scale(sold, refunded_doc, sold_doc) if sold_doc else 0,
            quantity=max(0, row['quantity']),
            facts=row['facts'],
            cost=scale(sold, row['cost_doc'], sold_doc) if row['cost_doc'] and sold_doc else None,
        )

    @api.model
    def _distribution_facts_query(self, order_ids, as_ordered=False):
        """Return the query of the facts: a row per sale line, sorted by order.

        Money is what posted invoices that are paid say, less what posted credit notes on them
        take back; in minor units, of the company's currency (`sold`) and of the document's
        (`sold_doc`, `refunded_doc`).
        """
        self.env['sale.order'].flush_model()
        self.env['sale.order.line'].flush_model()
        self.env['account.move.line'].flush_model()
        self.env['account.move'].flush_model([
            'state', 'payment_state', 'move_type', 'reversed_entry_id', 'amount_total', 'amount_residual'])
        return SQL(
            """
            SELECT a.order_id, a.id AS attribution_id, a.company_id, a.plan_version_id, o.name AS order_name,
                   policy.hold_days, payees.payees,
                   l.id AS line_id, %(role)s AS role, o.date_order AS ordered_at, %(facts)s AS facts,
                   COALESCE(pt.name->>company_partner.lang, pt.name->>'en_US', l.name) AS product_name,
                   pt.type = 'service' OR l.qty_delivered >= l.product_uom_qty - invoiced.refunded_quantity
                       AS delivered,
                   (invoiced.sold * 10 ^ company_currency.decimal_places)::bigint AS sold,
                   (invoiced.sold_doc * 10 ^ currency.decimal_places)::bigint AS sold_doc,
                   (invoiced.refunded_doc * 10 ^ currency.decimal_places)::bigint AS refunded_doc,
                   ((invoiced.sold_quantity - invoiced.refunded_quantity) * 1000)::bigint AS quantity,
                   (%(cost)s * (invoiced.sold_quantity - invoiced.refunded_quantity)
                       * 10 ^ currency.decimal_places)::bigint AS cost_doc
              FROM distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id
              JOIN distribution_policy policy ON policy.id = a.policy_id
              JOIN res_currency currency ON currency.id = o.currency_id
              JOIN res_company company ON company.id = a.company_id
              JOIN res_partner company_partner ON company_partner.id = company.partner_id
              JOIN res_currency company_currency ON company_currency.id = company.currency_id
              JOIN res_partner delivery ON delivery.id = o.partner_shipping_id
      JOIN LATERAL (
                   SELECT json_agg(json_build_array(tier, distributor_id, COALESCE(level_id, 0)) ORDER BY tier)
                       AS payees
                     FROM distribution_attribution_tier
                    WHERE attribution_id = a.id AND refusal IS NULL
                   ) payees ON TRUE
         LEFT JOIN sale_order_line l ON l.order_id = o.id
         LEFT JOIN product_product pp ON pp.id = l.product_id
         LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
         LEFT JOIN product_category pc ON pc.id = pt.categ_id
      JOIN LATERAL (%(invoiced)s) invoiced ON TRUE
             WHERE a.order_id = ANY(%(orders)s)
               AND a.plan_version_id IS NOT NULL
          ORDER BY a.company_id, a.order_id, l.sequence, l.id
            """,
            role=self._distribution_role(),
            facts=self._distribution_facts(),
            cost=self._distribution_unit_cost(),
            invoiced=self._distribution_ordered() if as_ordered else self._distribution_invoiced(),
            orders=order_ids,
        )

    @api.model
    def _distribution_facts(self):
        pairs = [SQL("%s, %s", name, ids) for name, ids in self._distribution_get_line_facts().items()]
        return SQL("json_build_object(%s)", SQL(", ").join(pairs))

    @api.model
    def _distribution_get_line_facts(self):
        """Return what the scopes of rules ask for, by name: SQL of the ids on a line `l` of an order `o`.

        :rtype: dict[str, SQL]
        """
        return {
            'product': SQL("ARRAY[pt.id]"),
            'variant': SQL("ARRAY[pp.id]"),
            'category': SQL("string_to_array(trim(BOTH '/' FROM pc.parent_path), '/')::int[]"),
            'tag': SQL(
                """ARRAY(SELECT product_tag_id FROM product_tag_product_template_rel WHERE product_template_id = pt.id
                   UNION SELECT product_tag_id FROM product_tag_product_product_rel WHERE product_product_id = pp.id)"""),
            'pricelist': SQL("ARRAY[o.pricelist_id]"),
            'country': self._distribution_delivery_fact('country_id'),
            'state': self._distribution_delivery_fact('state_id'),
            'customer': SQL("ARRAY[CASE WHEN a.evidence->'buyer'->>'first_order_at' IS NULL THEN 1 ELSE 2 END]"),
        }

    @api.model
    def _distribution_delivery_fact(self, name):
        """Return the SQL of where an order was delivered to, as kept at its confirmation.

        Orders from before it was kept have what the address says.
        """
        return SQL(
            "ARRAY[CASE WHEN jsonb_exists(a.evidence, 'delivery') THEN (a.evidence->'delivery'->>%s)::int ELSE %s END]",
            name, SQL.identifier('delivery', name))

    @api.model
    def _distribution_unit_cost(self):
        """Return the SQL of the cost of a unit on a line `l`, in the order's currency; NULL: nobody knows.

        Only what the order line keeps counts: a product's cost of today proves nothing about the sale.
        """
        if 'purchase_price' in self.env['sale.order.line']._fields:
            return SQL("NULLIF(l.purchase_price, 0)::numeric")
        return SQL("NULL::numeric")

    @api.model
    def _distribution_role(self):
        """Return the SQL that says what a line `l` of an order `o` is to the kernel: see `SaleLine.role`.

        Nothing on a cancelled order counts, also while its invoice is not credited yet.
        """
        conditions = [
            SQL("o.state = 'cancel'"), SQL("l.display_type IS NOT NULL"), SQL("l.is_downpayment"), SQL("l.is_expense"),
        ]
        if 'is_delivery' in self.env['sale.order.line']._fields:
            conditions.append(SQL("l.is_delivery"))
        return SQL(
            "CASE WHEN %s THEN 'ignored' WHEN l.price_subtotal < 0 THEN 'discount' ELSE 'goods' END",
            SQL(" OR ").join(conditions),
        )

    @api.model
    def _distribution_invoiced(self):
        """Return the SQL of what was invoiced and paid, and credited, on a sale line `l`.

        Of an invoice that is paid in part, that part of each line counts. A credit note counts when the invoice
        it reverses counts, or when it reverses none. An invoice line that stands for several sale lines
        counts on the first.
        """
        is_paid = SQL(
            """
            m.move_type = 'out_invoice' AND m.payment_state = ANY(%(paid)s)
            OR m.move_type = 'out_refund' AND (
                original.id IS NULL OR original.state = 'posted' AND original.payment_state = ANY(%(paid)s))
            """, paid=[*PAID_STATES, 'partial'])
        share = SQL(
            "CASE WHEN m.payment_state = 'partial'"
            " THEN (m.amount_total - m.amount_residual) / NULLIF(m.amount_total, 0) ELSE 1 END")
        return self._distribution_on_posted_lines(is_paid, share)

    @api.model
    def _distribution_ordered(self):
        """Return the SQL of what a sale line `l` comes to when everything is invoiced and paid: see above.

        What is invoiced counts as invoiced, the rest as ordered, and every credit note.
        """
        return SQL(
            """
            SELECT posted.sold + rest.subtotal / COALESCE(NULLIF(o.currency_rate, 0), 1) AS sold,
                   posted.sold_doc + rest.subtotal AS sold_doc,
                   posted.refunded_doc,
                   posted.sold_quantity + rest.quantity AS sold_quantity,
                   posted.refunded_quantity
              FROM (%s) posted
CROSS JOIN LATERAL (SELECT GREATEST(0, l.product_uom_qty - posted.sold_quantity) AS quantity) waiting
CROSS JOIN LATERAL (
                   SELECT waiting.quantity,
                          COALESCE(l.price_subtotal * waiting.quantity / NULLIF(l.product_uom_qty, 0), 0) AS subtotal
                   ) rest
            """, self._distribution_on_posted_lines(SQL("m.move_type IN ('out_invoice', 'out_refund')")))

    @api.model
    def _distribution_on_posted_lines(self, condition, share=_WHOLE):
        """Return the SQL that adds up the posted invoice lines of a sale line `l`.

        :param SQL condition: On the entry `m` and the one that it reverses, `original`.
        :param SQL share: How much of an invoice `m` counts.
        """
        return SQL(
            """
            SELECT COALESCE(SUM(-ml.balance * part.share) FILTER (WHERE m.move_type = 'out_invoice'), 0) AS sold,
                   COALESCE(SUM(ml.price_subtotal * part.share) FILTER (WHERE m.move_type = 'out_invoice'), 0) AS sold_doc,
                   COALESCE(SUM(ml.price_subtotal) FILTER (WHERE m.move_type = 'out_refund'), 0) AS refunded_doc,
                   COALESCE(SUM(ml.quantity * part.share) FILTER (WHERE m.move_type = 'out_invoice'), 0) AS sold_quantity,
                   COALESCE(SUM(ml.quantity) FILTER (WHERE m.move_type = 'out_refund'), 0) AS refunded_quantity
              FROM sale_order_line_invoice_rel r
              JOIN account_move_line ml ON ml.id = r.invoice_line_id
              JOIN account_move m ON m.id = ml.move_id AND m.state = 'posted'
         LEFT JOIN account_move original ON original.id = m.reversed_entry_id
CROSS JOIN LATERAL (SELECT %(share)s AS share) part
             WHERE r.order_line_id = l.id
               AND (%(condition)s)
               AND NOT EXISTS (
                   SELECT FROM sale_order_line_invoice_rel other
                    WHERE other.invoice_line_id = r.invoice_line_id AND other.order_line_id < r.order_line_id)
            """, condition=condition, share=share)
