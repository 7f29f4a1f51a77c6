from odoo import models


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    def _compute_field_value(self, field):
        """Override of `sale` to tell of deliveries and returns."""
        if field.name != 'qty_delivered' or not self.ids:
            return super()._compute_field_value(field)
        before = {line.id: line.qty_delivered for line in self._origin}
        res = super()._compute_field_value(field)
        changed = self.filtered(lambda line: line.id and line.qty_delivered != before.get(line.id))
        changed.order_id._distribution_notify('delivered')
        return res

    def write(self, vals):
        """Override of `sale` to tell of deliveries entered by hand and of edited lines."""
        res = super().write(vals)
        if not {'qty_delivered', 'product_uom_qty', 'price_unit', 'discount', 'product_id'}.isdisjoint(vals):
            self.order_id._distribution_notify('edited')
        return res

    def unlink(self):
        """Override of `sale` to tell of removed lines."""
        orders = self.order_id
        res = super().unlink()
        orders._distribution_notify('edited')
        return res
