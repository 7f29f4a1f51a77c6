from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from .distribution_balance import ACCRUED_BUCKETS, PAYABLE_BUCKETS


class DistributionBooks(models.AbstractModel):
    """The books check: re-adds the ledger and holds it against the general ledger.

    Reads with plain SQL and repairs nothing.
    """
    _name = 'distribution.books'
    _description = "Books Check"

    @api.model
    def check(self):
        """Run all checks over the companies of the database.

        :return: The differences, none when all is well: `company_id` to match by, `company` to read;
            amounts as decimal text.
        :rtype: list[dict]
        """
        self.env.flush_all()
        differences = []
        for name, get_differences in self._get_checks():
            for company_id, expected, actual, detail in get_differences():
                differences.append({
                    'check': name,
                    'company_id': company_id,
                    'company': self.env['res.company'].sudo().browse(company_id).name,
                    'expected': str(expected),
                    'actual': str(actual),
                    'difference': str(actual - expected),
                    'detail': detail,
                })
        return differences

    @api.model
    def _get_checks(self):
        """Return the checks; override to add some.

        :return: Names and methods; a method returns rows (company's id, expected, actual, detail), for
            differences only.
        :rtype: list[tuple[str, callable]]
        """
        return [
            ("balances are the sums of the transfers", self._check_balances),
            ("commissions are the sums of the transfers", self._check_commissions),
            ("pending, available and held equal the accrued account", self._check_accrued),
            ("payable and in payout equal the payable account", self._check_payable),
            ("each booked journal item equals its transfers", self._check_journal_items),
            ("nothing but the ledger writes on the accounts", self._check_foreign_items),
            ("entries of the journal are balanced", self._check_balanced),
            ("what was paid equals the reconciled payments", self._check_paid),
            ("every commission has a sale line", self._check_sale_lines),
            ("every transfer that must be booked is", self._check_unbooked),
        ]

    # === CHECKS === #

    @api.model
    def _check_balances(self):
        return self._execute(
            """
            SELECT company.id, COALESCE(sums.amount, 0), COALESCE(b.amount, 0),
                   format('distributor %%s, bucket %%s', COALESCE(sums.distributor_id, b.distributor_id),
                          COALESCE(sums.bucket, b.bucket))
              FROM (
                   SELECT distributor_id, company_id, bucket, SUM(amount) AS amount
                     FROM (SELECT distributor_id, company_id, destination AS bucket, amount FROM distribution_transfer
                        UNION ALL
                           SELECT distributor_id, company_id, source, -amount FROM distribution_transfer) moved
                 GROUP BY distributor_id, company_id, bucket
                   ) sums
         FULL JOIN distribution_balance b ON b.distributor_id = sums.distributor_id AND b.bucket = sums.bucket
              JOIN res_company company ON company.id = COALESCE(sums.company_id, b.company_id)
             WHERE COALESCE(sums.amount, 0) != COALESCE(b.amount, 0)
            """)

    @api.model
    def _check_commissions(self):
        return self._execute(
            """
            SELECT company.id, expected, actual, format('commission %%s, %%s', c.id, bucket)
              FROM distribution_commission c
              JOIN res_company company ON company.id = c.company_id
         LEFT JOIN (
                   SELECT commission_id,
                          SUM(CASE 'merchant' WHEN source THEN amount WHEN destination THEN -amount END) AS earned,
                          SUM(CASE 'pending' WHEN destination THEN amount WHEN source THEN -amount END) AS pending,
                          SUM(CASE 'available' WHEN destination THEN amount WHEN source THEN -amount END) AS available,
                          SUM(CASE 'held' WHEN destination THEN amount WHEN source THEN -amount END) AS held,
                          SUM(CASE WHEN destination IN ('payable', 'billed') THEN amount ELSE 0 END
                            - CASE WHEN source IN ('payable', 'billed') THEN amount ELSE 0 END) AS settled
                     FROM distribution_transfer
                 GROUP BY commission_id
                   ) t ON t.commission_id = c.id
      JOIN LATERAL (VALUES ('earned', COALESCE(t.earned, 0), c.earned_amount),
                           ('pending', COALESCE(t.pending, 0), c.pending_amount),
                           ('available', COALESCE(t.available, 0), c.available_amount),
                           ('held', COALESCE(t.held, 0), c.held_amount),
                           ('settled', COALESCE(t.settled, 0), c.settled_amount)
                   ) AS v(bucket, expected, actual) ON expected != actual
            """)

    @api.model
    def _check_accrued(self):
        return self._check_account('distribution_accrued_account_id', ACCRUED_BUCKETS)

    @api.model
    def _check_payable(self):
        return self._check_account('distribution_payable_account_id', PAYABLE_BUCKETS)

    @api.model
    def _check_account(self, account_field, buckets):
        """Hold buckets, less what is not booked yet, against the balance of an account."""
        return self._execute(
            """
            SELECT company.id, COALESCE(sub.amount, 0), COALESCE(general.amount, 0),
                   format('account %%s', company.%(account_field)s)
              FROM res_company company
         LEFT JOIN (
                   SELECT company_id, SUM(CASE WHEN destination = ANY(%(buckets)s) THEN amount ELSE 0 END
                                        - CASE WHEN source = ANY(%(buckets)s) THEN amount ELSE 0 END) AS amount
                     FROM distribution_transfer
                    WHERE move_line_id IS NOT NULL
                 GROUP BY company_id
                   ) sub ON sub.company_id = company.id
         LEFT JOIN (
                   SELECT company_id, account_id, -SUM(balance) AS amount
                     FROM account_move_line
                    WHERE parent_state = 'posted'
                 GROUP BY company_id, account_id
                   ) general ON general.company_id = company.id
                            AND general.account_id = company.%(account_field)s
             WHERE company.%(account_field)s IS NOT NULL
               AND COALESCE(sub.amount, 0) != COALESCE(general.amount, 0)
            """, account_field=SQL.identifier(account_field), buckets=list(buckets))

    @api.model
    def _check_journal_items(self):
        return self._execute(
            """
            SELECT company.id, SUM(t.amount), ABS(ml.balance),
                   format('journal item %%s of %%s (%%s)', ml.id, m.name, m.state)
              FROM distribution_transfer t
              JOIN account_move_line ml ON ml.id = t.move_line_id
              JOIN account_move m ON m.id = ml.move_id
              JOIN res_company company ON company.id = t.company_id
          GROUP BY company.id, ml.id, ml.balance, m.name, m.state
            HAVING SUM(t.amount) != ABS(ml.balance) OR m.state != 'posted'
            """)

    @api.model
    def _check_foreign_items(self):
        return self._execute(
            """
            SELECT company.id, 0, ml.balance, format('journal item %%s of %%s', ml.id, m.name)
              FROM account_move_line ml
              JOIN account_move m ON m.id = ml.move_id
              JOIN res_company company ON company.id = ml.company_id
             WHERE ml.parent_state = 'posted'
               AND ml.balance != 0
               AND ml.account_id IN (company.distribution_accrued_account_id, company.distribution_payable_account_id)
               AND NOT (ml.account_id = company.distribution_accrued_account_id
                        AND EXISTS (SELECT FROM distribution_settlement s WHERE s.move_id = m.id))
               AND NOT EXISTS (SELECT FROM distribution_transfer t WHERE t.move_line_id = ml.id)
            """)

    @api.model
    def _check_balanced(self):
        return self._execute(
            """
            SELECT company.id, 0, SUM(ml.balance), format('entry %%s', m.name)
              FROM account_move m
              JOIN account_move_line ml ON ml.move_id = m.id
              JOIN res_company company ON company.id = m.company_id AND m.journal_id = company.distribution_journal_id
             WHERE m.state = 'posted'
          GROUP BY company.id, m.id, m.name
            HAVING SUM(ml.balance) != 0
            """)

    @api.model
    def _check_paid(self):
        return self._execute(
            """
            SELECT company.id, COALESCE(t.amount, 0), COALESCE(p.amount, 0), format('payout %%s', payout.name)
              FROM distribution_payout payout
              JOIN res_company company ON company.id = payout.company_id
         LEFT JOIN (
                   SELECT withdrawal_id, SUM(amount) AS amount
                     FROM distribution_transfer
                    WHERE source = 'reserved' AND destination != 'payable'
                 GROUP BY withdrawal_id
                   ) t ON t.withdrawal_id = payout.withdrawal_id AND payout.state IN ('done', 'returned')
         LEFT JOIN (
                   SELECT ml.move_id, SUM(ml.balance) AS amount
                     FROM distribution_payout paid
                     JOIN account_move_line ml ON ml.move_id = paid.move_id AND ml.parent_state = 'posted'
                     JOIN res_company c ON c.id = ml.company_id AND ml.account_id = c.distribution_payable_account_id
                    WHERE ml.reconciled
                 GROUP BY ml.move_id
                   ) p ON p.move_id = payout.move_id
             WHERE COALESCE(t.amount, 0) != COALESCE(p.amount, 0)
            """)

    @api.model
    def _check_sale_lines(self):
        return self._execute(
            """
            SELECT company.id, 0, c.earned_amount, format('commission %%s on the deleted sale line %%s', c.id, c.order_line_ref)
              FROM distribution_commission c
              JOIN res_company company ON company.id = c.company_id
             WHERE c.order_line_id IS NULL AND c.earned_amount != 0
            """)

    @api.model
    def _check_unbooked(self):
        return self._execute(
            """
            SELECT company.id, 0, SUM(t.amount), format('%%s transfers older than two days', COUNT(*))
              FROM distribution_transfer t
              JOIN res_company company ON company.id = t.company_id
             WHERE t.move_line_id IS NULL
               AND (t.source = 'merchant' OR t.destination = 'merchant')
               AND t.posted_at < now() AT TIME ZONE 'UTC' - interval '2 days'
          GROUP BY company.id
            """)

    @api.model
    def _execute(self, query, **params):
        """Return rows with exact amounts: the driver would read numeric columns as floats."""
        rows = self.env.execute_query(SQL(
            "SELECT company_id, expected::text, actual::text, detail FROM (%s) AS found(company_id, expected, actual, detail)",
            SQL(query, **params)))
        return [(company_id, Decimal(expected), Decimal(actual), detail) for company_id, expected, actual, detail in rows]
