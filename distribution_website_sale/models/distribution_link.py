from odoo import models


class DistributionLink(models.Model):
    _inherit = 'distribution.link'

    def _get_product_path(self, product):
        """Override of `distribution_core` to lead to the product's page in the shop."""
        return product.website_url or super()._get_product_path(product)
