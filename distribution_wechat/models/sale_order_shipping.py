from odoo import models
from odoo.exceptions import UserError

from ..wechat import SAME_CITY, VIRTUAL


class SaleOrder(models.Model):
    """What WeChat is told of a delivery."""
    _inherit = 'sale.order'

    # === GETTERS === #

    def _wechat_is_delivered(self):
        """Return whether the customer has all of it.

        :rtype: bool
        """
        self.ensure_one()
        return self.state == 'sale' and all(
            line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) >= 0
            for line in self._wechat_get_lines())

    def _wechat_get_way(self):
        """Hook: return how the goods reached the customer: EXPRESS, SAME_CITY, VIRTUAL or PICKUP.

        :rtype: int
        """
        is_goods = any(line.product_id.type != 'service' for line in self._wechat_get_lines())
        return SAME_CITY if is_goods else VIRTUAL

    def _wechat_get_parcels(self):
        """Hook: return the consignments of the orders, when they went by express.

        :return: Values of `Parcel`.
        :rtype: list[dict]
        :raise UserError: when something that WeChat wants to know is missing.
        """
        return []

    def _wechat_prepare_shipping(self):
        """Return how the orders reached the customer.

        :return: Values of `Shipping`: kind and parcels.
        :rtype: dict
        :raise UserError: See `_wechat_get_parcels`.
        """
        kinds = {order._wechat_get_way() for order in self}
        parcels = self._wechat_get_parcels()
        return {
            'kind': min(kinds, default=VIRTUAL),
            'parcels': parcels or [{'description': self._wechat_get_description()}],
        }

    def _wechat_get_description(self):
        """Return what was bought, in the words that the customer has read."""
        names = [
            line.product_id.with_context(lang=order.partner_id.lang).name
            for order in self for line in order._wechat_get_lines()]
        if not names:
            raise UserError(self.env._("Nothing was ordered: WeChat wants to know what was delivered."))
        return ", ".join(dict.fromkeys(names))

    def _wechat_get_lines(self):
        return self.order_line.filtered(
            lambda line: not line.display_type and line.product_id and line.product_uom_qty > 0 and not line._is_delivery())
