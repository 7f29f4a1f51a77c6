from odoo import api, fields, models
from odoo.tools import SQL


class DistributionLinkReport(models.Model):
    """From visits to sales: a row for each touch, and one for each confirmed order that is credited.

    Sales are the untaxed amounts of orders as they stand now, in the company's currency; a cancelled
    order counts no more, a refund shows in the commissions. Where a touch was deleted by age, the
    order stays with its distributor, without a link.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | own companies'   | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.link.report'
    _description = "Conversion of Promotion Links"
    _auto = False
    _order = 'at desc, id desc'
    _rec_name = 'id'
    _depends = {
        'distribution.touch': ['at', 'company_id', 'distributor_id', 'kind', 'link_id', 'visitor'],
        'distribution.attribution': ['company_id', 'distributor_id', 'order_id', 'pinned_at', 'touch_id'],
        'distribution.link': ['campaign_id', 'medium_id', 'source_id'],
        'sale.order': ['amount_untaxed', 'currency_rate', 'state'],
        'res.company': ['currency_id'],
    }

    at = fields.Datetime(string="When", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    link_id = fields.Many2one(comodel_name='distribution.link', string="Promotion Link", readonly=True)
    campaign_id = fields.Many2one(comodel_name='utm.campaign', readonly=True)
    source_id = fields.Many2one(comodel_name='utm.source', readonly=True)
    medium_id = fields.Many2one(comodel_name='utm.medium', readonly=True)
    order_id = fields.Many2one(comodel_name='sale.order', readonly=True)
    visits = fields.Integer(readonly=True, help="Through links and QR codes.")
    scans = fields.Integer(readonly=True, help="Those of the visits that came by a QR code.")
    visitors = fields.Integer(
        readonly=True,
        aggregator='count_distinct',
        help="Different browsers. Somebody who came on two days is one visitor of the month.",
    )
    orders = fields.Integer(readonly=True, help="Confirmed orders that are credited.")
    net_sales = fields.Monetary(readonly=True, help="Their amounts without tax.")

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        """Return touches and orders as rows of one table; a filter on the link reaches the index of each."""
        return SQL(
            """
            SELECT fact.*, link.campaign_id, link.source_id, link.medium_id
              FROM (%s UNION ALL %s) AS fact
         LEFT JOIN distribution_link link ON link.id = fact.link_id
            """, self._get_touches_query(), self._get_orders_query())

    @api.model
    def _get_touches_query(self):
        return SQL(
            """
            SELECT 2 * touch.id::bigint AS id, touch.at, touch.company_id, touch.distributor_id, touch.link_id,
                   NULL::int AS order_id,
                   1 AS visits,
                   (touch.kind = 'scan')::int AS scans,
                   hashtextextended(touch.visitor, 0) AS visitors,
                   0 AS orders,
                   0::numeric AS net_sales
              FROM distribution_touch touch
             WHERE touch.kind IN ('visit', 'scan')
            """)

    @api.model
    def _get_orders_query(self):
        return SQL(
            """
            SELECT 2 * attribution.id::bigint + 1, attribution.pinned_at, attribution.company_id,
                   attribution.distributor_id, touch.link_id, attribution.order_id,
                   0, 0, NULL::bigint, 1,
                   ROUND(sale.amount_untaxed / COALESCE(NULLIF(sale.currency_rate, 0), 1), currency.decimal_places)
              FROM distribution_attribution attribution
              JOIN sale_order sale ON sale.id = attribution.order_id AND sale.state = 'sale'
              JOIN res_company company ON company.id = attribution.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
         LEFT JOIN distribution_touch touch ON touch.id = attribution.touch_id
             WHERE attribution.distributor_id IS NOT NULL
            """)
