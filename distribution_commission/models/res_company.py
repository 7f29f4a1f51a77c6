from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning


class ResCompany(models.Model):
    _inherit = 'res.company'

    distribution_journal_id = fields.Many2one(
        comodel_name='account.journal', domain="[('type', '=', 'general')]",
        check_company=True)
    distribution_expense_account_id = fields.Many2one(
        comodel_name='account.account', string="Commission Expense", check_company=True)
    distribution_accrued_account_id = fields.Many2one(
        comodel_name='account.account', string="Accrued Commission", check_company=True)
    distribution_payable_account_id = fields.Many2one(
        comodel_name='account.account', string="Commission Payable",
        domain="[('account_type', '=', 'liability_payable')]", check_company=True)

    distribution_write_off_account_id = fields.Many2one(
        comodel_name='account.account', string="Debts Written Off", check_company=True,
        help="Where debts of distributors go that the company gives up. Empty: the commission expense.")
    distribution_adjustment_limit = fields.Monetary(
        string="Adjustments Without a Second Person", default=10_000.0,
        help="What one person may adjust for a distributor within 30 days. Beyond it a second person approves.")

    # === BUSINESS METHODS === #

    def _distribution_setup_accounting(self):
        """Create journal and accounts where they are missing and the company has a chart."""
        for company in self.filtered('chart_template'):
            company_sudo = company.sudo().with_company(company)
            if not company_sudo.distribution_journal_id:
                company_sudo.distribution_journal_id = company_sudo._distribution_create_journal()
            for field_name, vals in company_sudo._distribution_prepare_accounts().items():
                if not company_sudo[field_name]:
                    company_sudo[field_name] = self.env['account.account'].sudo().with_company(company).create(vals)

    def _distribution_create_journal(self):
        return self.env['account.journal'].sudo().create({
            'name': self.env._("Distribution"),
            'code': 'DIST',
            'type': 'general',
            'company_id': self.id,
            'show_on_dashboard': True,
        })

    def _distribution_prepare_accounts(self):
        """Return the values of the three accounts, with free codes beside the company's own."""
        accounts = {
            'distribution_expense_account_id': (self.env._("Commission Expense"), 'expense', False),
            'distribution_accrued_account_id': (self.env._("Accrued Commission"), 'liability_current', False),
            'distribution_payable_account_id': (self.env._("Commission Payable"), 'liability_payable', True),
        }
        used_codes = set()
        return {
            field_name: {
                'name': name,
                'code': self._distribution_get_free_code(account_type, used_codes),
                'account_type': account_type,
                'reconcile': reconcile,
                'company_ids': [self.id],
            }
            for field_name, (name, account_type, reconcile) in accounts.items()
        }

    def _distribution_get_free_code(self, account_type, used_codes):
        beside = self.env['account.account'].search([
            ('company_ids', 'in', self.id), ('account_type', '=', account_type),
        ], limit=1, order='code')
        code = self.env['account.account']._search_new_account_code(beside.code or '100000', cache=used_codes)
        used_codes.add(code)
        return code

    # === GETTERS === #

    def _distribution_check_accounting(self):
        """Raise with the way to the settings when something to book with is missing."""
        self.ensure_one()
        if not all(self[name] for name in self._distribution_get_accounting_fields()):
            raise RedirectWarning(
                self.env._(
                    "%s has no journal or accounts for commissions yet. Set them in the settings of Distribution.",
                    self.name),
                self.env.ref('distribution_commission.res_config_settings_action').id,
                self.env._("Go to the settings"),
            )

    @api.model
    def _distribution_get_accounting_fields(self):
        return (
            'distribution_journal_id', 'distribution_expense_account_id',
            'distribution_accrued_account_id', 'distribution_payable_account_id',
        )

    def _distribution_get_tz(self):
        """Return the time zone in which the company's days begin."""
        self.ensure_one()
        return self.partner_id.tz or 'UTC'

    def _distribution_get_open_date(self, day):
        """Return the day, or the first one after every lock date that covers it.

        :rtype: date
        """
        self.ensure_one()
        locks = self._get_lock_date_violations(day, fiscalyear=True, sale=False, purchase=False, tax=False, hard=True)
        return max([day, *(lock_date + timedelta(days=1) for lock_date, _field in locks)])
