from odoo import api, fields, models
from odoo.tools import SQL


class DistributionLinkReport(models.Model):
    """Between visits and orders: the carts that visitors filled, whether they bought or not.

    A cart that became an order belongs to the touch that the order is credited by, any other to the
    last touch of its visitor. Carts are stamped when they are made, so nothing is written for this.
    """
    _inherit = 'distribution.link.report'

    carts = fields.Integer(readonly=True, help="Carts with something in them, bought or left behind.")

    # === GETTERS === #

    @api.model
    def _get_touches_query(self):
        """Override of `distribution_commission`: a touch is no cart."""
        return SQL("SELECT touches.*, 0 AS carts FROM (%s) AS touches", super()._get_touches_query())

    @api.model
    def _get_orders_query(self):
        """Override of `distribution_commission`: the carts stand beside the orders."""
        return SQL(
            "SELECT orders.*, 0 FROM (%s) AS orders UNION ALL %s", super()._get_orders_query(), self._get_carts_query())

    @api.model
    def _get_carts_query(self):
        return SQL(
            """
            SELECT -sale.id::bigint, sale.create_date, touch.company_id, touch.distributor_id, touch.link_id, sale.id,
                   0, 0, NULL::bigint, 0, 0::numeric, 1
              FROM sale_order sale
         LEFT JOIN distribution_attribution attribution ON attribution.order_id = sale.id
              JOIN distribution_touch touch ON touch.id = COALESCE(attribution.touch_id, (
                   SELECT id
                     FROM distribution_touch
                    WHERE visitor = sale.distribution_visitor
                 ORDER BY at DESC, id DESC
                    LIMIT 1
                   ))
             WHERE sale.distribution_visitor IS NOT NULL AND sale.website_id IS NOT NULL
               AND EXISTS (SELECT FROM sale_order_line WHERE order_id = sale.id)
            """)
