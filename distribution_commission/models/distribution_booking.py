from collections import defaultdict
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.tools import SQL

from .distribution_balance import ACCRUED_BUCKETS

_BATCH_SIZE = 20_000


class DistributionBooking(models.AbstractModel):
    """Books what the ledger accrued and took back into the journal "Distribution", by day.

    +-------------------------------+-------------------------+---------------------+
    | transfer                      | debit                   | credit              |
    +===============================+=========================+=====================+
    | merchant → pending            | commission expense      | accrued commission  |
    | pending, available → merchant | accrued commission      | commission expense  |
    | payable → merchant            | payable (partner)       | commission expense  |
    +-------------------------------+-------------------------+---------------------+
    """
    _name = 'distribution.booking'
    _description = "Booking of Commissions"

    @api.model
    def _cron_book(self):
        """Book everything that is not booked, company by company."""
        for company in self.env['res.company'].search([('distribution_journal_id', '!=', False)]):
            while count := self._book(company):
                if not self.env['ir.cron']._commit_progress(count):
                    return

    @api.model
    def _book(self, company):
        """Book the oldest unbooked accruals and clawbacks of a company: one entry for each day.

        :return: How many transfers were booked.
        :rtype: int
        :raise UserError: when the company has no journal or account for it.
        """
        rows = self._lock_unbooked(company)
        if not rows:
            return 0
        company._distribution_check_accounting()
        by_day = defaultdict(list)
        for row in rows:
            by_day[row['day']].append(row)
        for day, day_rows in sorted(by_day.items()):
            self._book_day(company, day, day_rows)
        return len(rows)

    @api.model
    def _get_journal_entries_action(self):
        """Menu: the entries of the journal "Distribution" of the companies at hand."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Journal Entries"),
            'res_model': 'account.move',
            'views': [(self.env.ref('account.view_move_tree').id, 'list'), (False, 'form')],
            'domain': [('journal_id', 'in', self.env.companies.distribution_journal_id.ids)],
            'context': {'create': False},
            'help': self.env._("Nothing is booked yet. Commissions are booked every day, settlements when posted."),
        }

    @api.model
    def _lock_unbooked(self, company):
        return self.env.execute_query_dict(SQL(
            """
            SELECT t.id, t.distributor_id, d.partner_id, t.source, t.destination, t.amount::text AS amount,
                   (t.posted_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day
              FROM distribution_transfer t
              JOIN distribution_distributor d ON d.id = t.distributor_id
             WHERE t.company_id = %(company_id)s
               AND t.move_line_id IS NULL AND (t.source = 'merchant' OR t.destination = 'merchant')
          ORDER BY t.id
             LIMIT %(limit)s
               FOR UPDATE OF t SKIP LOCKED
            """, tz=company._distribution_get_tz(), company_id=company.id, limit=_BATCH_SIZE))

    @api.model
    def _book_day(self, company, day, rows):
        groups = defaultdict(list)
        for row in rows:
            groups[self._get_group(row)].append(row)
        keys = sorted(groups)
        move = self.env['account.move'].sudo().create({
            'move_type': 'entry',
            'company_id': company.id,
            'journal_id': company.distribution_journal_id.id,
            'date': company._distribution_get_open_date(day),
            'ref': self.env._("Commissions of %s", fields.Date.to_string(day)),
            'line_ids': [
                Command.create(vals)
                for key in keys
                for vals in self._prepare_lines(company, key, sum(Decimal(row['amount']) for row in groups[key]))
            ],
        })
        move._post(soft=False)
        control_lines = move.line_ids.sorted('id')[::2]
        transfers, lines = [], []
        for key, control_line in zip(keys, control_lines, strict=True):
            transfers += [row['id'] for row in groups[key]]
            lines += [control_line.id] * len(groups[key])
        self.env['distribution.transfer'].browse(transfers)._link_journal_items(lines)

    @api.model
    def _get_group(self, row):
        """Return (kind, partner id): what is added up into one pair of journal items."""
        if row['source'] == 'merchant':
            return ('accrual', 0)
        if row['source'] in ACCRUED_BUCKETS:
            return ('clawback', 0)
        return ('debt', row['partner_id'])

    @api.model
    def _prepare_lines(self, company, key, amount):
        """Return the journal items of a group: that of the control account first, then the expense.

        :param tuple key: See `_get_group`.
        :param Decimal amount:
        """
        kind, partner_id = key
        account, balance, name = {
            'accrual': (company.distribution_accrued_account_id, -amount, self.env._("Commission accrued")),
            'clawback': (company.distribution_accrued_account_id, amount, self.env._("Commission taken back")),
            'debt': (
                company.distribution_payable_account_id, amount,
                self.env._("Commission taken back after settlement")),
        }[kind]
        common = {'name': name, 'analytic_distribution': False}
        return [
            {**common, 'account_id': account.id, 'partner_id': partner_id, 'balance': float(balance)},
            {**common, 'account_id': company.distribution_expense_account_id.id, 'balance': float(-balance)},
        ]
