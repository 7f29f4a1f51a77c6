from odoo import api, models
from odoo.fields import Domain


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    @api.model
    def _distribution_get_shareable_domain(self, company):
        """Hook: return which products distributors of a company recommend.

        :rtype: Domain
        """
        return Domain('sale_ok', '=', True) & Domain('company_id', 'in', [False, company.id])

    @api.model
    def _distribution_get_shareable(self, distributor, search='', limit=None, offset=0):
        """Return a part of the products that a distributor can recommend, and how many there are.

        Products and prices are no secret, but a portal user without a shop cannot read them: plain values.

        :param str search: A part of the name.
        :return: Each with id, name, description, price and earned (of one unit, by the prices of the public) and
            path (of its page, or None); see `_distribution_get_estimates`.
        :rtype: tuple[list[dict], int]
        """
        company = distributor.company_id
        domain = self._distribution_get_shareable_domain(company)
        if search:
            domain &= Domain('name', 'ilike', search)
        products_sudo = self.sudo().with_company(company)
        found_sudo = products_sudo.search(domain, limit=limit, offset=offset)
        pricelist_sudo = self.env['product.product']._distribution_get_public_pricelist(company)
        prices = pricelist_sudo._get_products_price(found_sudo, 1.0, currency=company.currency_id)
        earned = found_sudo._distribution_get_estimates(distributor, pricelist_sudo)
        link = self.env['distribution.link'].sudo()
        return [{
            'id': product_sudo.id,
            'name': product_sudo.name,
            'description': product_sudo.description_sale or None,
            'price': prices[product_sudo.id],
            'earned': earned[product_sudo.id],
            'path': link._get_product_path(product_sudo) or None,
        } for product_sudo in found_sudo], products_sudo.search_count(domain)
