from odoo import api, models
from odoo.fields import Domain


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    @api.model
    def _distribution_get_shareable_domain(self, company):
        """Override of `distribution_portal`: what has a page that everybody can see."""
        return super()._distribution_get_shareable_domain(company) & Domain('is_published', '=', True)
