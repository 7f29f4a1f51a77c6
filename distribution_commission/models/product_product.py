from odoo import api, fields, models

from ..engine import Order, SaleLine, accrue
from .distribution_plan_rule import CUSTOMERS
from .distribution_transfer import to_minor


class ProductProduct(models.Model):
    _inherit = 'product.product'

    # === BUSINESS METHODS === #

    def _distribution_get_estimates(self, distributor, pricelist=None, facts=None):
        """Return what one sold unit of each of these products earns a distributor at tier 1, as things are now.

        The same kernel, plan, chain of uplines, scopes and limits as when an order is paid; a handful of
        statements, however many products. Where it depends on whether the customer bought before, it is
        the lower amount. Rules that ask for what nobody knows yet, as the place of delivery, do not count;
        ladders do not, because a period decides on them.

        :param distribution.distributor distributor:
        :param product.pricelist|None pricelist: The prices that customers see; the one of the public if not given.
        :param dict|None facts: What else is known of the sale, by the name of the scope: {'website': [1]}.
        :return: In the company's currency, by product id; 0 for who would earn nothing.
        :rtype: dict[int, float]
        """
        company = distributor.company_id
        payees = distributor.sudo()._get_payees()
        version_id = self.env['distribution.plan']._get_active_version_id(company.id)
        if not version_id or not any(payee.tier == 1 for payee in payees):
            return dict.fromkeys(self.ids, 0.0)
        plan = self.env['distribution.plan.version'].sudo().browse(version_id)._to_engine()
        pricelist = pricelist or self._distribution_get_public_pricelist(company)
        now = fields.Datetime.to_string(fields.Datetime.now())
        minor = 10 ** company.currency_id.decimal_places
        return {
            line.id: self._distribution_get_lowest(line, payees, plan, now, facts or {}) / minor
            for line in self.sudo()._distribution_to_sale_lines(company, pricelist.sudo())
        }

    # === GETTERS === #

    def _distribution_get_facts(self):
        """Return what scopes ask for of this product, as `sale.order._distribution_get_line_facts` says of a line.

        :rtype: dict[str, list[int]]
        """
        self.ensure_one()
        template = self.product_tmpl_id
        return {
            'product': template.ids,
            'variant': self.ids,
            'category': [int(id_) for id_ in (template.categ_id.parent_path or '').split('/') if id_],
            'tag': self.all_product_tag_ids.ids,
        }

    def _distribution_to_sale_lines(self, company, pricelist):
        """Return one sold unit of each product, as the kernel takes it.

        :rtype: list[SaleLine]
        """
        currency = company.currency_id
        products = self.with_company(company)
        prices = pricelist._get_products_price(products, 1.0, currency=currency)
        knows_cost = 'purchase_price' in self.env['sale.order.line']._fields
        return [
            SaleLine(
                id=product.id,
                role='goods',
                sold=to_minor(product._distribution_get_net_price(prices[product.id], company), currency),
                refunded=0,
                quantity=1000,
                facts={**product._distribution_get_facts(), 'pricelist': pricelist.ids},
                cost=to_minor(product.standard_price, currency) or None if knows_cost else None,
            )
            for product in products
        ]

    def _distribution_get_net_price(self, price, company):
        """Return a price of this product without its taxes."""
        self.ensure_one()
        taxes = self.taxes_id._filter_taxes_by_company(company)
        return taxes.compute_all(price, company.currency_id, 1.0, product=self)['total_excluded']

    @api.model
    def _distribution_get_public_pricelist(self, company):
        """Return the pricelist of somebody about whom nothing is known."""
        return self.env.ref('base.public_partner').sudo().with_company(company).property_product_pricelist

    @api.model
    def _distribution_get_lowest(self, line, payees, plan, ordered_at, facts):
        """Return what tier 1 earns on a line, in minor units: the lower of a new and a returning customer's sale."""
        orders = [
            Order(0, (line._replace(facts={**line.facts, 'customer': [customer], **facts}),), payees, ordered_at)
            for customer in CUSTOMERS.values()
        ]
        return min(
            sum(accrual.amount for accrual in accrue(order, **plan) if accrual.tier == 1) for order in orders)


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    def _distribution_get_estimates(self, distributor, pricelist=None, facts=None):
        """Return what one sold unit of each of these products earns a distributor, of its variants the lowest.

        :rtype: dict[int, float]
        """
        by_variant = self.product_variant_ids._distribution_get_estimates(distributor, pricelist, facts)
        return {
            template.id: min((by_variant[variant.id] for variant in template.product_variant_ids), default=0.0)
            for template in self
        }
