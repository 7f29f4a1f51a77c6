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
    distribution_tax_account_id = fields.Many2one(related='company_id.distribution_tax_account_id', readonly=False)
    distribution_platform_role = fields.Selection(related='company_id.distribution_platform_role', readonly=False)
    distribution_tax_individual_id = fields.Many2one(
        related='company_id.distribution_tax_individual_id', readonly=False)
    distribution_tax_nonresident_id = fields.Many2one(
        related='company_id.distribution_tax_nonresident_id', readonly=False)
    distribution_tax_sole_trader_id = fields.Many2one(
        related='company_id.distribution_tax_sole_trader_id', readonly=False)
    distribution_tax_company_id = fields.Many2one(related='company_id.distribution_tax_company_id', readonly=False)

    def action_distribution_setup_accounting(self):
        """Button: create what is missing to book commissions."""
        self.company_id._distribution_setup_accounting()
        return {'type': 'ir.actions.client', 'tag': 'reload'}
