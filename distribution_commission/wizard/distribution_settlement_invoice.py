from odoo import fields, models


class DistributionSettlementInvoice(models.TransientModel):
    """Ask for the invoice that a company or sole trader sent for a statement, and post the bill with it."""
    _name = 'distribution.settlement.invoice'
    _description = "Invoice of a Distributor"

    settlement_id = fields.Many2one(comodel_name='distribution.settlement', required=True, readonly=True)
    company_id = fields.Many2one(related='settlement_id.company_id')
    currency_id = fields.Many2one(related='settlement_id.currency_id')
    expected_amount = fields.Monetary(related='settlement_id.expected_amount')
    number = fields.Char(
        required=True, compute='_compute_invoice', store=True, readonly=False,
        help="All digits, as printed on the invoice: 8 on paper, 20 on a digital one.")
    amount = fields.Monetary(
        required=True, compute='_compute_invoice', store=True, readonly=False, help="With taxes, as on the invoice.")
    date = fields.Date(required=True, compute='_compute_invoice', store=True, readonly=False)

    # === COMPUTE METHODS === #

    def _compute_invoice(self):
        for wizard in self:
            statement = wizard.settlement_id
            wizard.number = statement.invoice_number
            wizard.amount = statement.invoice_amount
            wizard.date = statement.invoice_date or fields.Date.context_today(wizard)

    # === ACTION METHODS === #

    def action_confirm(self):
        """Button: keep number and amount, and post the bill."""
        self.ensure_one()
        self.settlement_id.run_id.check_access('write')
        self.settlement_id.sudo()._hand_in_invoice(self.number, self.amount, self.date)
        self.settlement_id.action_post_bill()
