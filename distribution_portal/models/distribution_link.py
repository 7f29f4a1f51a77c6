from odoo import models


class DistributionLink(models.Model):
    _inherit = 'distribution.link'

    # === GETTERS === #

    def _get_earnings(self):
        """Return what one sold unit of the product that each link leads to earns its distributor.

        Links that lead to no product, or to one that earns nothing, are left out. One look for all
        links of a distributor.

        :return: In the company's currency, by link.
        :rtype: dict[distribution.link, float]
        """
        product_by_link = {link: link._get_product() for link in self}
        earnings = {}
        for distributor, links in self.grouped('distributor_id').items():
            products_sudo = self.env['product.template'].sudo().union(
                *(product_by_link[link] for link in links)).exists().filtered_domain(
                self.env['product.template']._distribution_get_share_domain(distributor))
            by_product = products_sudo._distribution_get_earnings(distributor)
            for link in links:
                amount = by_product.get(product_by_link[link].id)
                if amount:
                    earnings[link] = amount
        return earnings

    def _get_product(self):
        """Hook: return the product that the link leads to, if any; it may be gone since.

        :rtype: product.template
        """
        self.ensure_one()
        return self.sudo().product_tmpl_id
