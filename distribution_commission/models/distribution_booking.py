import json
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

    The expense is that of the product's category, or of the nearest one above it that has one, or the
    company's; with the analytic distribution of the sale line. A commission keeps both from its first
    entry on.
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
        places = self.env['distribution.commission']._pin_expenses(
            company, sorted({row['commission_id'] for row in rows}))
        for row in rows:
            row['account_id'], row['analytic'] = places[row['commission_id']]
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
            SELECT t.id, t.commission_id, t.distributor_id, d.partner_id, t.source, t.destination, t.amount::text AS amount,
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
        """Return (kind, partner id, expense account id, analytic): what is added up into one pair of items."""
        expense = (row['account_id'], row['analytic'])
        if row['source'] == 'merchant':
            return ('accrual', 0, *expense)
        if row['source'] in ACCRUED_BUCKETS:
            return ('clawback', 0, *expense)
        return ('debt', row['partner_id'], *expense)

    @api.model
    def _prepare_lines(self, company, key, amount):
        """Return the journal items of a group: that of the control account first, then the expense.

        :param tuple key: See `_get_group`.
        :param Decimal amount:
        """
        kind, partner_id, expense_account_id, analytic = key
        account, balance, name = {
            'accrual': (company.distribution_accrued_account_id, -amount, self.env._("Commission accrued")),
            'clawback': (company.distribution_accrued_account_id, amount, self.env._("Commission taken back")),
            'debt': (
                company.distribution_payable_account_id, amount,
                self.env._("Commission taken back after settlement")),
        }[kind]
        return [
            {'name': name, 'account_id': account.id, 'partner_id': partner_id, 'balance': float(balance),
             'analytic_distribution': False},
            {'name': name, 'account_id': expense_account_id, 'balance': float(-balance),
             'analytic_distribution': self._get_analytic(analytic)},
        ]

    @api.model
    def _get_analytic(self, analytic):
        """Return an analytic distribution without what was deleted since the sale."""
        distribution = json.loads(analytic) if analytic else {}
        accounts = {int(id_) for key in distribution for id_ in key.split(',')}
        existing = set(self.env['account.analytic.account'].browse(accounts).exists().ids)
        return {
            key: share for key, share in distribution.items()
            if {int(id_) for id_ in key.split(',')} <= existing
        } or False
