from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class AccountMove(models.Model):
    _inherit = 'account.move'

    # === BUSINESS METHODS - TELLING === #

    def _compute_field_value(self, field):
        """Override of `account` to tell of payments and of payments undone."""
        res = super()._compute_field_value(field)
        if field.name == 'payment_state':
            self._distribution_notify('paid')
        return res

    def _post(self, soft=True):
        """Override of `account` to tell of invoices and credit notes."""
        posted = super()._post(soft=soft)
        posted._distribution_notify('invoiced')
        return posted

    def button_draft(self):
        """Override of `account` to refuse taking back what the ledger rests on."""
        self._distribution_check_not_booked()
        res = super().button_draft()
        self._distribution_notify('invoiced')
        return res

    def button_cancel(self):
        """Override of `account` to tell of cancelled invoices."""
        res = super().button_cancel()
        self._distribution_notify('invoiced')
        return res

    def _distribution_notify(self, reason):
        """Mark the attributed orders behind these invoices dirty."""
        moves = self.filtered(lambda move: move.id and move.move_type in ('out_invoice', 'out_refund'))
        if not moves:
            return
        self.env['account.move.line'].flush_model(['move_id', 'sale_line_ids'])
        self.env['distribution.event']._tell(SQL(
            """
            SELECT DISTINCT a.order_id
              FROM account_move_line ml
              JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = ml.id
              JOIN sale_order_line l ON l.id = r.order_line_id
              JOIN distribution_attribution a ON a.order_id = l.order_id
             WHERE ml.move_id = ANY(%s)
            """, list(moves.ids)), reason)

    # === BUSINESS METHODS - GUARD === #

    def _distribution_check_not_booked(self):
        transfer_sudo = self.env['distribution.transfer'].sudo()
        # Odoo resets no entries at all each time an invoice is looked at for payments to delete.
        if self and transfer_sudo.search_count([('move_line_id.move_id', 'in', self.ids)], limit=1):
            raise UserError(self.env._(
                "This entry books commissions, which are kept as they are. "
                "Correct the sale or post an adjustment; the difference is booked by itself."))
