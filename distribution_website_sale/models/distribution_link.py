import re

from odoo import models

# With or without the category before it; not the pages of a category or of the list, which end in a number, too.
_PRODUCT_PATH = re.compile(r'/shop/(?!category/|page/)(?:[^/?#]+/)?(?:[^/?#]*-)?(\d+)(?:[?#].*)?')


class DistributionLink(models.Model):
    _inherit = 'distribution.link'

    def _get_product_path(self, product):
        """Override of `distribution_core` to lead to the product's page in the shop."""
        return product.website_url or super()._get_product_path(product)

    def _get_product(self):
        """Override of `distribution_portal`: a link may lead to a product by its page alone."""
        product = super()._get_product()
        page = _PRODUCT_PATH.fullmatch(self.target or '')
        return product.browse(int(page[1])) if page and not product else product
