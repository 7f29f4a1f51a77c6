from odoo import fields, models

from odoo.addons.distribution_commission.models.sale_order import PAID_STATES


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    # === GETTERS === #

    def _wechat_earns_somebody(self):
        """Return whether distributors are credited with this order, or would be if it were confirmed now.

        :rtype: bool
        """
        self.ensure_one()
        attribution_sudo = self.sudo().attribution_ids
        if attribution_sudo:
            return any(not tier.refusal for tier in attribution_sudo.tier_ids)
        now = fields.Datetime.now()
        rows = self.sudo()._distribution_get_claims(now)
        if not rows or not self._distribution_is_attributable(rows, now):
            return False
        tiers = self.sudo()._distribution_prepare_attribution(self.id, rows, now)['tiers']
        return any(not refusal for _tier, _distributor_id, _level_id, refusal in tiers)

    def _wechat_is_over(self):
        """Return whether nobody will earn anything more by this order: all was invoiced, paid and worked out.

        :rtype: bool
        """
        self.ensure_one()
        order_sudo = self.sudo()
        if order_sudo.state == 'cancel':
            return not self._wechat_is_worked_on()
        if order_sudo.state != 'sale':
            return False
        if not order_sudo._wechat_earns_somebody():
            return True
        posted = order_sudo.invoice_ids.filtered(lambda move: move.state == 'posted' and move.move_type == 'out_invoice')
        is_paid = posted and all(move.payment_state in (*PAID_STATES, 'reversed') for move in posted)
        return order_sudo.invoice_status == 'invoiced' and is_paid and not self._wechat_is_worked_on()

    def _wechat_is_worked_on(self):
        """Return whether commissions of this order are still to be worked out, to mature, or to be settled."""
        if self.env['distribution.event'].sudo().search_count([('order_ref', '=', self.id)], limit=1):
            return True
        return bool(self.env['distribution.commission'].sudo().search_count([
            ('attribution_id.order_id', '=', self.id),
            '|', '|', '|', ('pending_amount', '>', 0), ('available_amount', '>', 0), ('held_amount', '>', 0),
            ('transfer_ids.settlement_id.state', '=', 'billed'),
        ], limit=1))
