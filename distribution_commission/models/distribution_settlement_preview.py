from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

BILLED_KINDS = ('company', 'sole_trader')


class DistributionSettlementLeftOut(models.Model):
    """Money of a distributor that a settlement run leaves where it is, and why.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, finance | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement.left.out'
    _description = "Left out of a Settlement"
    _order = 'reason, distributor_id, id'
    _log_access = False
    _rec_name = 'distributor_id'

    run_id = fields.Many2one(
        comodel_name='distribution.settlement.run', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='cascade', readonly=True)
    reason = fields.Selection(
        selection=[
            ('pending', "Not paid, not delivered, or the hold is not over"),
            ('not_due', "Available since the end of the period only"),
            ('review', "Under review"),
            ('suspended', "Suspended"),
            ('employee', "Paid through payroll"),
            ('settled', "Has a statement of this period already"),
            ('minimum', "Less than the smallest statement"),
            ('debt', "No more than the debt, which is carried forward"),
        ],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(readonly=True, help="Below zero: a debt.")


class DistributionSettlementRun(models.Model):
    """Who gets what, and why not: in one reading of the open rows, whatever the length of the history."""
    _inherit = 'distribution.settlement.run'

    # === BUSINESS METHODS === #

    def _prepare_statements(self):
        """Write down the statements and what is left out; what a former preview said is forgotten."""
        self.ensure_one()
        self.settlement_ids.unlink()
        self.left_out_ids.unlink()
        statements, left_out = [], []
        for row in self._get_candidates():
            reason = self._get_left_out_reason(row) if row['due'] > 0 else None
            if row['due'] > 0 and not reason:
                statements.append((row['distributor_id'], row['due']))
            left_out += [
                (row['distributor_id'], code, amount)
                for code, amount in self._get_left_out_amounts(row, reason) if amount
            ]
        self._insert_statements(statements)
        self._insert_left_out(left_out)

    def _insert_statements(self, statements):
        """Insert the drafts, numbered within the run; in one statement.

        :param list[tuple[int, Decimal]] statements: Distributor and amount.
        """
        if not statements:
            return
        self.env.execute_query(SQL(
            """
            INSERT INTO distribution_settlement
                        (name, run_id, company_id, date, period_start, period_end, state, distributor_id, amount,
                         carried_amount, deducted_amount, create_uid, create_date, write_uid, write_date)
                 SELECT %(name)s || '/' || lpad(v.number::text, GREATEST(5, length(v.number::text)), '0'), %(run_id)s,
                        %(company_id)s, %(date)s, %(period_start)s::date, %(period_end)s::date, 'draft',
                        v.distributor_id, v.amount, 0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
                   FROM unnest(%(distributors)s::int[], %(amounts)s::numeric[])
                        WITH ORDINALITY AS v(distributor_id, amount, number)
              RETURNING id
            """, name=self.name, run_id=self.id, company_id=self.company_id.id, date=self.date,
            period_start=self.period_start or None, period_end=self.period_end or None,
            uid=self.env.uid, now=fields.Datetime.now(),
            distributors=[distributor_id for distributor_id, _amount in statements],
            amounts=[str(amount) for _distributor_id, amount in statements]))
        self.env.invalidate_all()

    def _insert_left_out(self, left_out):
        if not left_out:
            return
        self.env.execute_query(SQL(
            """
            INSERT INTO distribution_settlement_left_out (run_id, company_id, distributor_id, reason, amount)
                 SELECT %s, %s, v.distributor_id, v.reason, v.amount
                   FROM unnest(%s::int[], %s::text[], %s::numeric[]) AS v(distributor_id, reason, amount)
              RETURNING id
            """, self.id, self.company_id.id, [row[0] for row in left_out], [row[1] for row in left_out],
            [str(row[2]) for row in left_out]))
        self.env.invalidate_all()

    # === HOOKS === #

    @api.model
    def _get_left_out_amounts(self, row, reason):
        """Hook: return the (reason, amount) of all that stays where it is.

        :param dict row: See `_get_candidates`.
        :param str|None reason: Why the amount that is due is not settled.
        :rtype: list[tuple[str, Decimal]]
        """
        return [
            (reason, row['due'] if reason else 0),
            ('debt', min(row['payable'], 0) if row['due'] <= 0 else 0),
            ('not_due', row['available'] - row['due']),
            ('pending', row['pending']),
            ('review', row['held']),
        ]

    def _get_left_out_reason(self, row):
        """Hook: return why what is due is not settled now, or None.

        :param dict row: See `_get_candidates`.
        :rtype: str|None
        """
        reasons = [
            ('employee', row['kind'] == 'employee'),
            ('suspended', row['state'] == 'suspended'),
            ('review', row['is_held']),
            ('settled', row['has_statement']),
            ('minimum', row['due'] < Decimal(str(self.min_amount))),
            ('debt', row['kind'] in BILLED_KINDS and row['due'] <= -row['payable']),
        ]
        return next((reason for reason, applies in reasons if applies), None)

    # === GETTERS === #

    def _get_candidates(self):
        """Return everybody who has or owes something, by distributor; amounts are decimals.

        :rtype: list[dict]
        """
        self.ensure_one()
        self.env['distribution.commission'].flush_model()
        held = set(self.env['distribution.commission']._get_held_distributors(self.company_id).ids)
        rows = self.env.execute_query_dict(SQL(
            """
            WITH money AS (
                SELECT distributor_id, available_amount AS available, 0 AS pending, 0 AS held,
                       CASE WHEN %(is_due)s THEN available_amount ELSE 0 END AS due
                  FROM distribution_commission WHERE company_id = %(company_id)s AND available_amount > 0
             UNION ALL
                SELECT distributor_id, 0, pending_amount, 0, 0
                  FROM distribution_commission WHERE company_id = %(company_id)s AND pending_amount > 0
             UNION ALL
                SELECT distributor_id, 0, 0, held_amount, 0
                  FROM distribution_commission WHERE company_id = %(company_id)s AND held_amount > 0
             UNION ALL
                SELECT distributor_id, 0, 0, 0, 0
                  FROM distribution_balance
                 WHERE company_id = %(company_id)s AND bucket = 'payable' AND amount < 0
            ), sums AS (
                SELECT distributor_id, SUM(due) AS due, SUM(available) AS available, SUM(pending) AS pending,
                       SUM(held) AS held
                  FROM money
              GROUP BY distributor_id
            )
            SELECT d.id AS distributor_id, d.kind, d.state, sums.due::text, sums.available::text, sums.pending::text,
                   sums.held::text, COALESCE(b.amount, 0)::text AS payable,
                   EXISTS (
                       SELECT FROM distribution_settlement s
                        WHERE s.company_id = %(company_id)s AND s.distributor_id = d.id
                          AND s.period_start = %(period_start)s::date AND s.period_end = %(period_end)s::date
                          AND s.state NOT IN ('failed', 'cancelled')
                   ) AS has_statement
              FROM sums
              JOIN distribution_distributor d ON d.id = sums.distributor_id
         LEFT JOIN distribution_balance b ON b.distributor_id = d.id AND b.bucket = 'payable'
          ORDER BY d.id
            """, company_id=self.company_id.id, is_due=self._get_due_condition(),
            period_start=self.period_start or None, period_end=self.period_end or None))
        for row in rows:
            row.update({
                name: Decimal(row[name]) for name in ('due', 'available', 'pending', 'held', 'payable')
            }, is_held=row['distributor_id'] in held)
        return rows

    def _get_due_condition(self):
        """Return the SQL condition on an available commission that this run settles it."""
        end = self._get_end()
        return SQL("available_on < %s::timestamp", end) if end else SQL("TRUE")
