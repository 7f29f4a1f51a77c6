from odoo.tests import HttpCase

from odoo.addons.website_sale.tests.common import WebsiteSaleCommon


class ShopCase(HttpCase, WebsiteSaleCommon):
    """Mei sells; a shopper buys Oolong, without tax, at 100 the box."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mei_user = cls.env['res.users'].create({
            'name': "Mei", 'login': 'mei', 'password': 'mei', 'email': 'mei@example.com',
            'group_ids': [(6, 0, cls.env.ref('base.group_portal').ids)],
        })
        cls.mei = cls.env['distribution.distributor'].create({
            'partner_id': cls.mei_user.partner_id.id, 'code': 'MEI888'})
        cls.mei._set_active()
        cls.oolong = cls.env['product.product'].create({
            'name': "Oolong", 'list_price': 100.0, 'website_published': True, 'taxes_id': False})

    def _add_to_cart(self):
        """Put a box into the cart of the browser.

        :rtype: sale.order
        """
        self.make_jsonrpc_request('/shop/cart/add', {
            'product_template_id': self.oolong.product_tmpl_id.id,
            'product_id': self.oolong.id,
            'quantity': 1,
        })
        return self.env['sale.order'].search([], order='id desc', limit=1)

    def _buy(self, cart, partner=None):
        """Do what the checkout does in the end."""
        cart.partner_id = partner or self.env['res.partner'].create({'name': "Li", 'email': 'li@example.com'})
        cart.action_confirm()
        return cart.attribution_ids
