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
    distribution_withdrawal_min = fields.Monetary(
        related='company_id.distribution_withdrawal_min', readonly=False, currency_field='currency_id')
    distribution_withdrawal_max = fields.Monetary(
        related='company_id.distribution_withdrawal_max', readonly=False, currency_field='currency_id')
    distribution_withdrawal_daily_limit = fields.Monetary(
        related='company_id.distribution_withdrawal_daily_limit', readonly=False, currency_field='currency_id')
    distribution_withdrawal_daily_count = fields.Integer(
        related='company_id.distribution_withdrawal_daily_count', readonly=False)
    distribution_withdrawal_fee_fixed = fields.Monetary(
        related='company_id.distribution_withdrawal_fee_fixed', readonly=False, currency_field='currency_id')
    distribution_withdrawal_fee_rate = fields.Float(
        related='company_id.distribution_withdrawal_fee_rate', readonly=False)
    distribution_fee_account_id = fields.Many2one(
        related='company_id.distribution_fee_account_id', readonly=False)
    distribution_approval_limit = fields.Monetary(
        related='company_id.distribution_approval_limit', readonly=False, currency_field='currency_id')

    def action_distribution_setup_accounting(self):
        """Button: create what is missing to book commissions."""
        self.company_id._distribution_setup_accounting()
        return {'type': 'ir.actions.client', 'tag': 'reload'}
