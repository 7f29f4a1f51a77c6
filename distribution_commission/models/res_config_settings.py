from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    distribution_journal_id = fields.Many2one(related='company_id.distribution_journal_id', readonly=False)
    distribution_expense_account_id = fields.Many2one(
        related='company_id.distribution_expense_account_id', readonly=False)
    distribution_accrued_account_id = fields.Many2one(
        related='company_id.distribution_accrued_account_id', readonly=False)
    distribution_payable_account_id = fields.Many2one(
        related='company_id.distribution_payable_account_id', readonly=False)
    distribution_write_off_account_id = fields.Many2one(
        related='company_id.distribution_write_off_account_id', readonly=False)
    distribution_adjustment_limit = fields.Monetary(
        related='company_id.distribution_adjustment_limit', readonly=False, currency_field='currency_id')

    def action_distribution_setup_accounting(self):
        """Button: create what is missing to book commissions."""
        self.company_id._distribution_setup_accounting()
        return {'type': 'ir.actions.client', 'tag': 'reload'}
