import json
import logging

from psycopg2 import DataError, IntegrityError

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from ..engine import get_step
from .distribution_settlement_preview import BILLED_KINDS
from .distribution_transfer import Transfer

_logger = logging.getLogger(__name__)

_BATCH_SIZE = 2_000
# What is wrong with one statement. Not among them: conflicts between transactions, which are tried again.
_FAILURES = (UserError, ValueError, LookupError, IntegrityError, DataError)


class DistributionSettlementRun(models.Model):
    """Posts the statements of a run: one journal entry for a batch of them, a line for each.

    +-------------------------------+------------------------+
    | debit                         | credit                 |
    +===============================+========================+
    | accrued commission, the total | payable (partner), for |
    |                               | each statement         |
    +-------------------------------+------------------------+
    """
    _inherit = 'distribution.settlement.run'

    @api.model
    def _cron_settle(self):
        """Prepare what is due, post what is released, tell the distributors; in batches, run by run."""
        progress = self.env['ir.cron']._commit_progress
        companies = self.env['res.company'].search([
            ('distribution_settlement_cycle', '!=', 'demand'), ('distribution_journal_id', '!=', False)])
        for company in companies:
            self._prepare_due(company)
            progress()
        for run in self.search([('state', '=', 'running')], order='id'):
            while count := run._post_next_or_log():
                if not progress(count):
                    return
        while count := self.env['distribution.settlement']._tell_next():
            if not progress(count):
                return

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_due(self, company):
        """Make the run of the period that is over, once; and release it if the company wants so.

        :return: The run, empty when there is none to make.
        :rtype: distribution.settlement.run
        """
        run = self.with_company(company).new({
            'company_id': company.id, 'cycle': company.distribution_settlement_cycle})
        domain = [
            ('company_id', '=', company.id), ('cycle', '=', run.cycle), ('period_end', '=', run.period_end),
            *([] if run.period_end else [
                '|', ('date', '>=', company._distribution_get_today()), ('state', '!=', 'posted')]),
        ]
        if self.search_count(domain, limit=1):
            return self.browse()
        run = self.with_company(company).create({
            'company_id': company.id, 'cycle': run.cycle, 'date': company._distribution_get_today()})
        run._prepare_statements()
        if not run.settlement_ids:
            run.unlink()
            return self.browse()
        if company.distribution_settlement_auto:
            run._check_can_post()
            run._release()
        return run

    def _post_next(self, limit=_BATCH_SIZE):
        """Post the next reviewed statements; what was posted before an interruption stays posted.

        :return: How many were dealt with.
        :rtype: int
        """
        self.ensure_one()
        statements = self.env['distribution.settlement'].search(
            [('run_id', '=', self.id), ('state', '=', 'reviewed')], order='id', limit=limit)
        if statements:
            while self.env['distribution.booking']._book(self.company_id):
                pass
            self._post_isolated(statements)
        self._finish()
        return len(statements)

    def _post_next_or_log(self):
        """Post the next statements in the background: a run that cannot go on does not stop the others."""
        try:
            with self.env.cr.savepoint():
                return self._post_next()
        except UserError as error:
            _logger.error("Settlement run %s cannot go on: %s", self.id, type(error).__name__)
            return 0

    def _post_isolated(self, statements):
        """Post these statements; when something is wrong with one of them, all the others."""
        try:
            with self.env.cr.savepoint():
                self._post_statements(statements)
        except _FAILURES as error:
            if len(statements) > 1:
                middle = len(statements) // 2
                self._post_isolated(statements[:middle])
                self._post_isolated(statements[middle:])
            else:
                _logger.warning("Settlement statement %s cannot be posted: %s", statements.id, type(error).__name__)
                statements._update_state(('reviewed',), 'failed')
                statements.failure = str(error)

    def _post_statements(self, statements):
        """Post what the distributors of these statements have available now, under the locks of the rows."""
        rows = dict(groupby(self._lock_available(statements), key=lambda row: row['distributor_id']))
        statements = self._set_amounts(statements, rows)
        billed = statements.filtered(lambda statement: statement.kind in BILLED_KINDS)
        self._post_bills(billed, rows)
        self._post_entry(statements - billed, rows)

    def _set_amounts(self, statements, rows):
        """Write down what is there now; what needs a look at it first is put aside.

        :return: The statements that can be posted.
        :rtype: distribution.settlement
        """
        stopped = statements.filtered(lambda statement: (
            statement.distributor_id.id not in rows
            or statement.distributor_id.state == 'suspended' or statement.distributor_id.is_held))
        stopped._update_states(('reviewed',), 'cancelled')
        statements -= stopped
        minor = 10 ** self.currency_id.decimal_places
        for statement in statements:
            amount = sum(row['available'] for row in rows[statement.distributor_id.id]) / minor
            if self.currency_id.compare_amounts(amount, statement.amount):
                statement.amount = amount
        limit = self.company_id.distribution_review_limit
        grown = statements.filtered(lambda statement: statement.amount > limit and statement._needs_review())
        grown._update_states(('reviewed',), 'waiting')
        return statements - grown

    def _post_entry(self, statements, rows):
        """Post statements of individuals in one journal entry."""
        if not statements:
            return
        self._set_carried(statements)
        move = self._create_move(statements)
        payable = self.company_id.distribution_payable_account_id
        lines = move.line_ids.filtered(lambda line: line.account_id == payable).sorted('id')
        self._set_items(statements, lines)
        self._post_settled(statements, rows, 'payable')
        statements._update_states(('reviewed',), 'posted')

    def _set_carried(self, statements):
        """Write down the debts before, under the locks of the payables, and up to which transfer this says all."""
        self.env['distribution.settlement'].flush_model()
        written = self.env.execute_query(SQL(
            """
            WITH locked AS (
                SELECT distributor_id, amount
                  FROM distribution_balance
                 WHERE bucket = 'payable' AND distributor_id = ANY(%s)
              ORDER BY id
                   FOR UPDATE
            )
            UPDATE distribution_settlement s
               SET carried_amount = LEAST(locked.amount, 0),
                   transfer_ref_from = COALESCE((
                       SELECT MAX(transfer_ref_until) FROM distribution_settlement
                        WHERE distributor_id = locked.distributor_id AND id != s.id), 0),
                   transfer_ref_until = COALESCE((
                       SELECT MAX(id) FROM distribution_transfer WHERE distributor_id = locked.distributor_id), 0)
              FROM locked
             WHERE s.id = ANY(%s) AND s.distributor_id = locked.distributor_id
         RETURNING s.id
            """, statements.distributor_id.ids, statements.ids))
        statements.invalidate_recordset(['carried_amount', 'due_amount', 'transfer_ref_from', 'transfer_ref_until'])
        if len(written) != len(statements):
            raise ValueError("A distributor has no balance")

    def _set_items(self, statements, lines):
        """Link each statement to its journal item, in the same order."""
        self.env['account.move.line'].flush_model()
        self.env.execute_query(SQL(
            """
            UPDATE distribution_settlement s
               SET move_line_id = v.move_line_id, move_id = %s, posted_at = %s
              FROM unnest(%s::int[], %s::int[]) AS v(id, move_line_id)
             WHERE s.id = v.id
         RETURNING s.id
            """, lines.move_id.id, fields.Datetime.now(), statements.ids, lines.ids))
        if len(lines) != len(statements):
            raise ValueError("Statements and journal items differ")
        self.env['distribution.settlement'].invalidate_model(['move_line_id', 'move_id', 'posted_at'])
        self.env['account.move'].invalidate_model(['distribution_settlement_ids'])

    def _post_settled(self, statements, rows, destination):
        """Move the commissions of the statements, with what they rest on, as it is now."""
        self.env['distribution.transfer']._post([
            Transfer.of_commission(
                row, 'available', destination, row['available'], 'settlement',
                settlement_id=statement.id, move_line_id=statement.move_line_id.id or None,
                explanation=json.dumps({'statement': self._get_terms(row)}))
            for statement in statements
            for row in rows[statement.distributor_id.id]
        ], self.company_id)

    def _create_move(self, statements):
        company = self.company_id
        move = self.env['account.move'].with_context(tracking_disable=True).create({
            'move_type': 'entry',
            'company_id': company.id,
            'journal_id': company.distribution_journal_id.id,
            'date': company._distribution_get_open_date(self.date),
            'ref': self.name,
            'line_ids': [
                Command.create({
                    'name': self.env._("Settlement %s", self.name),
                    'account_id': company.distribution_accrued_account_id.id,
                    'balance': sum(statements.mapped('amount')),
                    'analytic_distribution': False,
                }),
                *(
                    Command.create({
                        'name': statement.name,
                        'account_id': company.distribution_payable_account_id.id,
                        'partner_id': statement.distributor_id.partner_id.id,
                        'balance': -statement.amount,
                        'analytic_distribution': False,
                    })
                    for statement in statements
                ),
            ],
        })
        statements.distributor_id.partner_id._distribution_set_vendors()
        move.with_context(distribution_are_vendors=True)._post(soft=False)
        return move

    # === GETTERS === #

    @staticmethod
    def _get_terms(row):
        """Return what a statement says about a commission: its base, and the rate that it earned at."""
        terms = {name: row[name] for name in ('base', 'kind', 'value', 'adjusted')}
        if row['ladder_trace']:
            step, value = get_step(row['ladder_trace'])
            terms.update(kind='ladder', value=value, step=step)
        return terms

    def _lock_available(self, statements):
        """Return the commissions to settle, locked, in minor units, with what a statement says about them."""
        return self.env.execute_query_dict(SQL(
            """
            SELECT c.id, c.distributor_id, c.transfer_count,
                   (c.available_amount * %(minor)s)::bigint AS available,
                   (c.base_amount * %(minor)s)::bigint AS base,
                   c.explanation #>> '{rule,kind}' AS kind,
                   (c.explanation #>> '{rule,value}')::bigint AS value,
                   CASE WHEN c.explanation ? 'ladder' THEN c.explanation END AS ladder_trace,
                   (COALESCE((SELECT SUM(a.amount) FROM distribution_adjustment a
                               WHERE a.commission_id = c.id AND a.state = 'posted'), 0) * %(minor)s)::bigint AS adjusted
              FROM distribution_commission c
             WHERE c.company_id = %(company_id)s AND c.available_amount > 0 AND c.distributor_id = ANY(%(distributors)s)
               AND %(is_due)s
          ORDER BY c.id
               FOR UPDATE OF c
            """, minor=10 ** self.currency_id.decimal_places, company_id=self.company_id.id,
            distributors=statements.distributor_id.ids, is_due=self._get_due_condition()))
