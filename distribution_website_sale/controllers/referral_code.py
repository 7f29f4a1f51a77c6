from odoo.http import Controller, request, route


class ReferralCodeController(Controller):

    @route('/shop/referral_code', type='http', auth='public', methods=['POST'], website=True, sitemap=False)
    def distribution_referral_code(self, code='', **_kwargs):
        """Note the code that the customer typed; an unknown one changes nothing and says so, an empty one removes it.

        After too many unknown ones none is looked up for a while.
        """
        cart_sudo = request.cart
        if cart_sudo and code.strip():
            attempts = request.env['distribution.attempt']
            if attempts._is_exhausted():
                return request.redirect('/shop/cart?referral_code_unknown=2')
            if not cart_sudo._distribution_get_typed(code):
                attempts._record('referral', cart_sudo.company_id)
                return request.redirect('/shop/cart?referral_code_unknown=1')
        if cart_sudo:
            cart_sudo.distribution_code = code.strip() or False
        return request.redirect('/shop/cart')
