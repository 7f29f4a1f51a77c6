from odoo import api, models
from odoo.tools import SQL


class DistributionCommission(models.Model):
    """Which account and analytic distribution a commission is booked on."""
    _inherit = 'distribution.commission'

    @api.model
    def _pin_expenses(self, company, commission_ids):
        """Return where these commissions are booked; what has no place yet gets the one of today, for good.

        :param res.company company:
        :param list[int] commission_ids:
        :return: (expense account id, analytic distribution as text) by commission.
        :rtype: dict[int, tuple[int, str]]
        """
        self.env['product.category'].flush_model(['property_distribution_expense_account_id'])
        self.flush_model()
        self.env.execute_query(SQL(
            """
            UPDATE distribution_commission c
               SET expense_account_id = COALESCE(nearest.account_id, %(default)s),
                   analytic_distribution = l.analytic_distribution
              FROM distribution_commission this
         LEFT JOIN sale_order_line l ON l.id = this.order_line_id
         LEFT JOIN product_product pp ON pp.id = l.product_id
         LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
         LEFT JOIN product_category pc ON pc.id = pt.categ_id
 LEFT JOIN LATERAL (
                   SELECT (above.property_distribution_expense_account_id ->> %(company_key)s)::int AS account_id
                     FROM product_category above
                    WHERE above.id = ANY(string_to_array(rtrim(pc.parent_path, '/'), '/')::int[])
                      AND above.property_distribution_expense_account_id ->> %(company_key)s IS NOT NULL
                 ORDER BY length(above.parent_path) DESC
                    LIMIT 1
                   ) nearest ON TRUE
             WHERE c.id = this.id AND c.id = ANY(%(ids)s) AND c.expense_account_id IS NULL
         RETURNING c.id
            """, default=company.distribution_expense_account_id.id, company_key=str(company.id), ids=commission_ids))
        self.invalidate_model(['expense_account_id', 'analytic_distribution'])
        return {
            commission_id: (account_id, analytic or '')
            for commission_id, account_id, analytic in self.env.execute_query(SQL(
                "SELECT id, expense_account_id, analytic_distribution::text FROM distribution_commission"
                " WHERE id = ANY(%s)", commission_ids))
        }
