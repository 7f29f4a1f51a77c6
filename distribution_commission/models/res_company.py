from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

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

    distribution_withdrawal_min = fields.Monetary(
        string="Smallest Withdrawal", default=1.0, help="0: any amount.")
    distribution_withdrawal_max = fields.Monetary(string="Largest Withdrawal", help="0: no limit.")
    distribution_withdrawal_daily_limit = fields.Monetary(
        string="Withdrawn a Day", help="How much a distributor may ask for on one day, if its level does not say. 0: no limit.")
    distribution_withdrawal_daily_count = fields.Integer(
        string="Withdrawals a Day", default=10, help="How often a distributor may ask on one day. 0: no limit.")
    distribution_withdrawal_fee_fixed = fields.Monetary(string="Fee")
    distribution_withdrawal_fee_rate = fields.Float(string="Fee (%)", digits=(7, 4))
    distribution_fee_account_id = fields.Many2one(
        comodel_name='account.account', string="Withdrawal Fees", check_company=True,
        help="Where fees of withdrawals go. Empty: they lower the commission expense.")
    distribution_approval_limit = fields.Monetary(
        string="Withdrawals Without a Second Person", default=10_000.0,
        help="Up to this amount one person approves a withdrawal. Above it a second person has to approve it too.")

    _check_distribution_withdrawal = models.Constraint(
        'CHECK (COALESCE(distribution_withdrawal_min, 0) >= 0 AND COALESCE(distribution_withdrawal_max, 0) >= 0'
        ' AND COALESCE(distribution_withdrawal_daily_limit, 0) >= 0'
        ' AND COALESCE(distribution_withdrawal_daily_count, 0) >= 0'
        ' AND COALESCE(distribution_withdrawal_fee_fixed, 0) >= 0'
        ' AND COALESCE(distribution_withdrawal_fee_rate, 0) BETWEEN 0 AND 100)',
        "Limits and fees of withdrawals are not negative, and a fee is not above 100 %.",
    )

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

    def _distribution_get_fee(self, amount):
        """Return what a withdrawal costs its distributor, which is less than the withdrawal or it cannot be.

        :param float amount: What is taken from the payable.
        :rtype: float
        """
        self.ensure_one()
        fee = self.distribution_withdrawal_fee_fixed + amount * self.distribution_withdrawal_fee_rate / 100
        return self.currency_id.round(fee)

    def _distribution_get_tz(self):
        """Return the time zone in which the company's days begin."""
        self.ensure_one()
        # One column of the partner, instead of all hundred: pages of distributors need no other.
        return self.partner_id.with_context(prefetch_fields=False).tz or 'UTC'

    def _distribution_get_today(self):
        """Return the day that it is in the company's time zone.

        :rtype: date
        """
        return self._distribution_get_day(fields.Datetime.now())

    def _distribution_get_day(self, moment):
        """Return the day of a moment in UTC, in the company's time zone.

        :rtype: date
        """
        zone = ZoneInfo(self._distribution_get_tz())
        return moment.replace(tzinfo=UTC).astimezone(zone).date()

    def _distribution_get_beginning(self, day):
        """Return the moment in UTC at which a day begins in the company's time zone.

        :rtype: datetime
        """
        zone = ZoneInfo(self._distribution_get_tz())
        return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)

    def _distribution_get_open_date(self, day):
        """Return the day, or the first one after every lock date that covers it.

        :rtype: date
        """
        self.ensure_one()
        locks = self._get_lock_date_violations(day, fiscalyear=True, sale=False, purchase=False, tax=False, hard=True)
        return max([day, *(lock_date + timedelta(days=1) for lock_date, _field in locks)])
