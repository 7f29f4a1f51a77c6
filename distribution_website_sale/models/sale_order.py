from odoo import api, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    @api.model
    def _distribution_get_line_facts(self):
        """Override of `distribution_commission` to tell the website of an order."""
        return {**super()._distribution_get_line_facts(), 'website': SQL("ARRAY[o.website_id]")}
