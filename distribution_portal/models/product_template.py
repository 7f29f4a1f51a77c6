from typing import NamedTuple
from urllib.parse import quote

from odoo import api, fields, models
from odoo.fields import Domain

from ..claims import check_claims


class ProductOffer(NamedTuple):
    """What a distributor is shown of a product that it may share."""

    product_sudo: models.BaseModel      # product.template
    price: float                        # what a customer pays for one, in the company's currency
    earning: float                      # what one sold unit earns the distributor as things are now
    url: str                            # counts for the distributor, and leads to the product


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    distribution_phrase = fields.Char(
        string="Recommendation",
        size=80,
        help="One sentence that distributors send along, and that posters show.",
    )
    distribution_points = fields.Text(
        string="Selling Points", help="One in a line. Distributors copy them with one tap.")

    # === CONSTRAINT METHODS === #

    @api.constrains('distribution_phrase', 'distribution_points')
    def _check_distribution_claims(self):
        for product in self:
            check_claims(self.env, product.distribution_phrase, product.distribution_points)

    # === GETTERS === #

    def _distribution_get_offers(self, distributor):
        """Return what the distributor is shown of these products; a handful of statements, however many.

        :param distribution.distributor distributor:
        :rtype: list[ProductOffer]
        """
        products_sudo = self.sudo()
        prices = products_sudo._distribution_get_prices(distributor.company_id)
        earnings = products_sudo._distribution_get_earnings(distributor)
        return [
            ProductOffer(
                product_sudo, prices[product_sudo.id], earnings[product_sudo.id],
                product_sudo._distribution_get_url(distributor))
            for product_sudo in products_sudo
        ]

    def _distribution_get_earnings(self, distributor):
        """Return what one sold unit of each earns, by the kernel that pays it.

        :rtype: dict[int, float]
        """
        return self._distribution_get_estimates(
            distributor, facts=self._distribution_get_share_facts(distributor.company_id))

    def _distribution_get_prices(self, company):
        """Return what somebody about whom nothing is known pays for one, in the company's currency.

        :rtype: dict[int, float]
        """
        pricelist_sudo = self.env['product.product']._distribution_get_public_pricelist(company).sudo()
        products = self.with_company(company)
        prices = pricelist_sudo._get_products_price(products, 1.0, currency=company.currency_id)
        total = 'total_included' if self._distribution_shows_taxes(company) else 'total_excluded'
        return {
            product.id: product.taxes_id._filter_taxes_by_company(company).compute_all(
                prices[product.id], company.currency_id, 1.0, product=product)[total]
            for product in products
        }

    def _distribution_get_url(self, distributor):
        """Return the address that counts for the distributor and leads to this product."""
        self.ensure_one()
        path = self._distribution_get_page()
        return distributor.referral_url + (f'?to={quote(path)}' if path else '')

    def _distribution_get_qr_url(self, distributor):
        """Return the same address as QR codes carry it: what is scanned is told from what is clicked."""
        url = self._distribution_get_url(distributor)
        return f"{url}{'&' if '?' in url else '?'}s=qr"

    def _distribution_get_qr_path(self, distributor):
        """Return where the QR code of this address is drawn."""
        path = self._distribution_get_page()
        return f'/d/{distributor.code}/qr.svg' + (f'?to={quote(path)}' if path else '')

    def _distribution_get_page(self):
        """Hook: return the path of the page of this product, or nothing when it has none.

        :rtype: str|None
        """
        return

    def _distribution_get_image_url(self):
        """Return where the picture of this product is."""
        self.ensure_one()
        return f'/my/distribution/products/{self.id}/image?unique={self.write_date:%Y%m%d%H%M%S}'

    # === SELECTION OF PRODUCTS === #

    @api.model
    def _distribution_get_share_domain(self, distributor):
        """Hook: return which products a distributor may share: none while it is not active.

        :rtype: Domain
        """
        if distributor.state != 'active':
            return Domain.FALSE
        return Domain('sale_ok', '=', True) & Domain('company_id', 'in', [False, distributor.company_id.id])

    @api.model
    def _distribution_get_search_domain(self, search):
        """Return which products a distributor means who types this."""
        return Domain('name', 'ilike', search) | Domain('default_code', '=ilike', search)

    @api.model
    def _distribution_get_category_field(self):
        """Hook: return the field of the categories that customers know the products by."""
        return 'categ_id'

    @api.model
    def _distribution_get_share_facts(self, _company):
        """Hook: return what is known of any sale that comes of sharing, as scopes of rules ask for it.

        :rtype: dict[str, list[int]]
        """
        return {}

    @api.model
    def _distribution_shows_taxes(self, _company):
        """Hook: tell whether customers are shown prices with taxes."""
        return True
