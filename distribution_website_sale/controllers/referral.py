from odoo.http import request

from odoo.addons.distribution_portal.controllers.referral import ReferralController
from odoo.addons.website_sale.const import SHOP_PATH
from odoo.addons.website_sale.models.website import CART_SESSION_CACHE_KEY


class WebsiteSaleReferralController(ReferralController):

    def _get_referral_landing(self):
        """Override of `distribution_portal` to lead to the shop."""
        return SHOP_PATH

    def _after_touch(self, visitor):
        """Override of `distribution_portal` to mark a cart that was begun before the visit.

        A cart that is begun later is marked when it is created; one of a logged-in customer in
        another browser is found by the customer.
        """
        super()._after_touch(visitor)
        cart_id = request.session.get(CART_SESSION_CACHE_KEY)
        cart_sudo = request.env['sale.order'].sudo().browse(cart_id or []).exists()
        if cart_sudo.state == 'draft' and cart_sudo.distribution_visitor != visitor:
            cart_sudo.distribution_visitor = visitor
