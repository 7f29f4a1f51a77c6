from odoo import api, fields, models


class DistributionWithdrawalRequest(models.TransientModel):
    """Ask for a withdrawal in the name of a distributor; somebody else approves it."""
    _name = 'distribution.withdrawal.request'
    _description = "Withdrawal for a Distributor"

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', required=True, readonly=True)
    currency_id = fields.Many2one(related='distributor_id.currency_id')
    payable_amount = fields.Monetary(related='distributor_id.payable_amount')
    amount = fields.Monetary(required=True)
    fee_amount = fields.Monetary(string="Fee", compute='_compute_fee_amount')
    account_id = fields.Many2one(
        comodel_name='distribution.payee.account', string="Pay to",
        domain="[('distributor_id', '=', distributor_id), ('verified_at', '!=', False)]",
        help="Empty: the account that was verified last.")

    @api.depends('amount')
    def _compute_fee_amount(self):
        for request in self:
            request.fee_amount = request.distributor_id.company_id._distribution_get_fee(request.amount)

    def action_apply(self):
        """Reserve the money, and show the withdrawal."""
        self.ensure_one()
        self.env['distribution.withdrawal'].check_access('write')
        withdrawal = self.distributor_id._request_withdrawal(
            self.amount, self.account_id, entered_by=self.env.user)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'distribution.withdrawal',
            'view_mode': 'form',
            'res_id': withdrawal.id,
        }
