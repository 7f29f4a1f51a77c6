"""Visitors and their phones. What they do comes in through Odoo's front door, request by request."""
from werkzeug.test import Client

from odoo.http import root

from odoo.addons.website_sale.models.website import CART_SESSION_CACHE_KEY

AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile MicroMessenger/8.0",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari MicroMessenger/8.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
)


class Phone:
    """A browser with its cookies; the database must be committed before it is used."""

    def __init__(self, agent):
        self._client = Client(root)
        self._request = {"headers": {"User-Agent": agent}, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}

    def follow(self, distributor, page="/shop"):
        """Open the link of a distributor; the page that it leads to is not rendered."""
        answer = self._client.get(f"/d/{distributor.code}", query_string={"to": page}, **self._request)
        if answer.status_code != 302:
            raise RuntimeError(f"the referral link of {distributor.code} answered {answer.status}")

    def add_to_cart(self, product, quantity):
        answer = self._client.post("/shop/cart/add", **self._request, json={"params": {
            "product_template_id": product.product_tmpl_id.id, "product_id": product.id, "quantity": quantity,
        }})
        if "result" not in answer.json:
            raise RuntimeError(f"the shop answered {answer.json}")

    def put_away(self):
        """Forget the session, and say which cart it held.

        :return: The id of an order, or None.
        """
        cookie = self._client.get_cookie("session_id")
        if not cookie:
            return None
        session = root.session_store.get(cookie.value)
        root.session_store.delete(session)
        return session.get(CART_SESSION_CACHE_KEY)
