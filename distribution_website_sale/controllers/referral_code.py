from odoo.http import Controller, request, route


class ReferralCodeController(Controller):

    @route('/shop/referral_code', type='http', auth='public', methods=['POST'], website=True, sitemap=False)
    def distribution_referral_code(self, code='', **_kwargs):
        """Note the code that the customer typed; an unknown one changes nothing and says so, an empty one removes it."""
        cart_sudo = request.cart
        if cart_sudo and code.strip() and not cart_sudo._distribution_get_typed(code):
            return request.redirect('/shop/cart?referral_code_unknown=1')
        if cart_sudo:
            cart_sudo.distribution_code = code.strip() or False
        return request.redirect('/shop/cart')
