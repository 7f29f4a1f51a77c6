from odoo import api, models
from odoo.fields import Domain


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    # === GETTERS === #

    def _distribution_get_page(self):
        """Override of `distribution_portal` to lead to the product's page in the shop.

        By its number alone: codes of short addresses are easier to scan. The shop leads on to the full one.
        """
        self.ensure_one()
        return f'/shop/{self.id}'

    @api.model
    def _distribution_get_share_domain(self, distributor):
        """Override of `distribution_portal`: what this website sells to everybody."""
        website = self.env['website'].get_current_website()
        return super()._distribution_get_share_domain(distributor) & Domain('is_published', '=', True) & Domain(
            website.website_domain())

    @api.model
    def _distribution_get_category_field(self):
        """Override of `distribution_portal`: customers know the categories of the shop."""
        return 'public_categ_ids'

    @api.model
    def _distribution_get_share_facts(self, company):
        """Override of `distribution_portal`: what is shared is sold on this website."""
        return {
            **super()._distribution_get_share_facts(company),
            'website': self.env['website'].get_current_website().ids,
        }

    @api.model
    def _distribution_shows_taxes(self, _company):
        """Override of `distribution_portal`: as the shop shows its prices."""
        return self.env['website'].get_current_website().show_line_subtotals_tax_selection == 'tax_included'
