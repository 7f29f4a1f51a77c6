from odoo import models

from odoo.addons.distribution_wechat.wechat import EXPRESS, PARCELS_MAX, PICKUP


class SaleOrder(models.Model):
    """What WeChat is told of a delivery from stock."""
    _inherit = 'sale.order'

    # === GETTERS === #

    def _wechat_is_delivered(self):
        """Override of `distribution_wechat`: what is not sent any more does not keep the customer's money waiting."""
        return self.delivery_status == 'full' or super()._wechat_is_delivered()

    def _wechat_get_way(self):
        """Override of `distribution_wechat`: by express, when there is a number to follow; collected in a shop."""
        if self._wechat_get_consignments():
            return EXPRESS
        return PICKUP if self.carrier_id.delivery_type == 'in_store' else super()._wechat_get_way()

    def _wechat_get_parcels(self):
        """Override of `distribution_wechat`: a parcel for each number of the express companies."""
        return [
            picking._wechat_prepare_parcel(number)
            for picking in self._wechat_get_consignments()
            for number in picking._wechat_get_numbers()
        ][:PARCELS_MAX]

    def _wechat_get_consignments(self):
        return self.picking_ids.filtered(
            lambda picking: picking.state == 'done' and picking.picking_type_code == 'outgoing'
            and picking._wechat_get_numbers()).sorted('id')
