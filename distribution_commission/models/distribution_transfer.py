from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .distribution_balance import BUCKETS

# Appends the transfers, and moves what they add up to: balances, and sums of the commissions.
# Returns how many were new, and how many balances are missing.
_POST = """
    WITH posted AS (
        INSERT INTO distribution_transfer
                    (idempotency_key, company_id, distributor_id, source, destination, amount, reason,
                     commission_id, settlement_id, withdrawal_id, adjustment_id, write_off_id,
                     move_line_id, explanation, posted_at)
             SELECT key, %(company_id)s, distributor_id, source, destination,
                    amount * %(minor_unit)s::numeric, reason,
                    commission_id, settlement_id, withdrawal_id, adjustment_id, write_off_id,
                    move_line_id, explanation::jsonb, %(now)s::timestamp
               FROM unnest(%(idempotency_key)s::text[], %(distributor_id)s::int[], %(source)s::text[],
                           %(destination)s::text[], %(amount)s::bigint[], %(reason)s::text[],
                           %(commission_id)s::int[], %(settlement_id)s::int[], %(withdrawal_id)s::int[],
                           %(adjustment_id)s::int[], %(write_off_id)s::int[],
                           %(move_line_id)s::int[], %(explanation)s::text[])
                 AS t(key, distributor_id, source, destination, amount, reason,
                      commission_id, settlement_id, withdrawal_id, adjustment_id, write_off_id,
                      move_line_id, explanation)
        ON CONFLICT (idempotency_key) DO NOTHING
          RETURNING distributor_id, commission_id, source, destination, amount
    ), moved AS (
        SELECT distributor_id, commission_id, destination AS bucket, amount FROM posted
     UNION ALL
        SELECT distributor_id, commission_id, source, -amount FROM posted
    ), deltas AS (
        SELECT distributor_id, bucket, SUM(amount) AS amount FROM moved GROUP BY distributor_id, bucket
    ), locked AS (      -- in one order, so that no two writers wait for each other
        SELECT b.id, deltas.amount
          FROM distribution_balance b
          JOIN deltas USING (distributor_id, bucket)
      ORDER BY b.id
           FOR UPDATE OF b
    ), balances AS (
        UPDATE distribution_balance b SET amount = b.amount + locked.amount
          FROM locked
         WHERE b.id = locked.id
     RETURNING b.id
    ), commissions AS (
        UPDATE distribution_commission c
           SET earned_amount = c.earned_amount + delta.earned,
               pending_amount = c.pending_amount + delta.pending,
               available_amount = c.available_amount + delta.available,
               held_amount = c.held_amount + delta.held,
               settled_amount = c.settled_amount + delta.settled,
               transfer_count = c.transfer_count + delta.count
          FROM (
               SELECT commission_id,
                      -COALESCE(SUM(amount) FILTER (WHERE bucket = 'merchant'), 0) AS earned,
                      COALESCE(SUM(amount) FILTER (WHERE bucket = 'pending'), 0) AS pending,
                      COALESCE(SUM(amount) FILTER (WHERE bucket = 'available'), 0) AS available,
                      COALESCE(SUM(amount) FILTER (WHERE bucket = 'held'), 0) AS held,
                      COALESCE(SUM(amount) FILTER (WHERE bucket IN ('payable', 'billed')), 0) AS settled,
                      COUNT(*) / 2 AS count
                 FROM moved
                WHERE commission_id IS NOT NULL AND NOT %(sums_are_kept)s
             GROUP BY commission_id
               ) delta
         WHERE c.id = delta.commission_id
     RETURNING c.id
    )
    SELECT (SELECT COUNT(*) FROM posted),
           (SELECT COUNT(*) FROM deltas) - (SELECT COUNT(*) FROM balances)
"""


class Transfer(NamedTuple):
    """A transfer to post; the amount is an int in the minor unit of the company's currency."""

    idempotency_key: str
    distributor_id: int
    source: str
    destination: str
    amount: int
    reason: str
    commission_id: int | None = None
    settlement_id: int | None = None
    withdrawal_id: int | None = None
    adjustment_id: int | None = None
    write_off_id: int | None = None
    move_line_id: int | None = None
    explanation: str | None = None      # JSON

    @classmethod
    def of_commission(cls, row, source, destination, amount, reason, position=1, **values):
        """Return a transfer of a locked commission; its key is its number among those of the commission.

        :param dict row: The commission's `id`, `distributor_id` and `transfer_count`.
        :param int position: 1 for the next transfer of this commission, 2 for the one after it, ...
        """
        return cls(
            idempotency_key=f"commission:{row['id']}:{row['transfer_count'] + position}",
            distributor_id=row['distributor_id'],
            source=source,
            destination=destination,
            amount=amount,
            reason=reason,
            commission_id=row['id'],
            **values,
        )


def to_minor(amount, currency):
    """Return an amount of the database in the currency's minor unit, as the kernel and transfers take it.

    :rtype: int
    """
    return round(amount * 10 ** currency.decimal_places)


def get_minor_unit(currency):
    """Return what one minor unit is worth, as SQL computes amounts of the database from those of the kernel.

    :return: Decimal text, as '0.01'.
    :rtype: str
    """
    return str(Decimal(1).scaleb(-currency.decimal_places))


class DistributionTransfer(models.Model):
    """The ledger: one row moves an amount between two buckets of one distributor.

    Balanced by construction, written by `_post` alone, never changed: a mistake is corrected by
    another transfer. The one exception is the journal item, filled in once when it is booked.

    +------------------------+-----------------+------+-------+--------+--------+
    | group                  | records         | read | write | create | unlink |
    +========================+=================+======+=======+========+========+
    | officer, finance       | own companies'  | x    |       |        |        |
    +------------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.transfer'
    _description = "Commission Transfer"
    _order = 'id desc'
    _log_access = False
    _rec_name = 'idempotency_key'

    idempotency_key = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='restrict', readonly=True)
    commission_id = fields.Many2one(
        comodel_name='distribution.commission', index='btree_not_null', ondelete='restrict', readonly=True)
    settlement_id = fields.Many2one(
        comodel_name='distribution.settlement', index='btree_not_null', ondelete='restrict', readonly=True)
    withdrawal_id = fields.Many2one(
        comodel_name='distribution.withdrawal', index='btree_not_null', ondelete='restrict', readonly=True)
    adjustment_id = fields.Many2one(
        comodel_name='distribution.adjustment', index='btree_not_null', ondelete='restrict', readonly=True)
    write_off_id = fields.Many2one(
        comodel_name='distribution.write.off', index='btree_not_null', ondelete='restrict', readonly=True)
    source = fields.Selection(selection=BUCKETS, string="From", required=True, readonly=True)
    destination = fields.Selection(selection=BUCKETS, string="To", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    reason = fields.Selection(
        selection=[
            ('accrual', "Accrual"),
            ('clawback', "Clawback"),
            ('maturity', "Maturity"),
            ('settlement', "Settlement"),
            ('unsettlement', "Settlement cancelled"),
            ('reservation', "Withdrawal asked"),
            ('release', "Withdrawal ended unpaid"),
            ('payout', "Payout"),
            ('fee', "Withdrawal fee"),
            ('tax', "Tax withheld"),
            ('hold', "Held for review"),
            ('unhold', "Released after review"),
            ('adjustment', "Adjustment"),
            ('write_off', "Debt written off"),
            ('return', "Payout returned"),
        ],
        required=True,
        readonly=True,
    )
    posted_at = fields.Datetime(required=True, readonly=True)
    move_line_id = fields.Many2one(
        comodel_name='account.move.line',
        string="Journal Item",
        index='btree_not_null',
        ondelete='restrict',
        readonly=True,
    )
    explanation = fields.Json(readonly=True)

    _key_uniq = models.Constraint('UNIQUE (idempotency_key)', "A transfer is posted once.")
    _check_amount = models.Constraint('CHECK (amount > 0)', "A transfer moves a positive amount.")
    _check_buckets = models.Constraint('CHECK (source != destination)', "A transfer moves between two buckets.")
    _check_sale = models.Constraint(
        "CHECK ((source != 'merchant' AND destination != 'merchant') OR commission_id IS NOT NULL)",
        "No commission without a sale line.",
    )
    _check_adjustment = models.Constraint(
        "CHECK ((reason = 'adjustment') = (adjustment_id IS NOT NULL))",
        "An adjustment is posted by an adjustment and by nothing else.",
    )
    _check_write_off = models.Constraint(
        "CHECK ((source = 'written_off') = (write_off_id IS NOT NULL) AND destination != 'written_off')",
        "A debt is written off by a write-off and by nothing else.",
    )
    _check_return = models.Constraint(
        "CHECK ((source IN ('paid', 'fee', 'withheld')) = (reason = 'return'))",
        "What was paid comes back by the return of a payout and by nothing else.",
    )
    _distributor_idx = models.Index('(distributor_id, id)')
    _clawed_idx = models.Index("(distributor_id) WHERE source = 'payable' AND destination = 'merchant'")
    _unbooked_idx = models.Index(
        "(company_id) WHERE move_line_id IS NULL AND (source = 'merchant' OR destination = 'merchant')")

    def init(self):
        """Guard the table in the database: rows are neither changed nor deleted nor truncated."""
        self.env.cr.execute("""
            CREATE OR REPLACE FUNCTION distribution_transfer_guard() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND OLD.move_line_id IS NULL
                   AND to_jsonb(NEW) - 'move_line_id' = to_jsonb(OLD) - 'move_line_id' THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'distribution_transfer is append-only';
            END; $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS distribution_transfer_append_only ON distribution_transfer;
            CREATE TRIGGER distribution_transfer_append_only BEFORE UPDATE OR DELETE ON distribution_transfer
                FOR EACH ROW EXECUTE FUNCTION distribution_transfer_guard();
            DROP TRIGGER IF EXISTS distribution_transfer_no_truncate ON distribution_transfer;
            CREATE TRIGGER distribution_transfer_no_truncate BEFORE TRUNCATE ON distribution_transfer
                FOR EACH STATEMENT EXECUTE FUNCTION distribution_transfer_guard();
        """)

    # === CRUD METHODS === #

    # pylint: disable=method-required-super
    # Refusing is the point: the only way in is `_post`.

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("Transfers are posted, not created."))

    def write(self, vals):
        raise UserError(self.env._("A posted transfer cannot be changed; post another one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A posted transfer cannot be deleted; post another one."))

    # === BUSINESS METHODS === #

    @api.model
    def _post(self, transfers, company, now=None, *, sums_are_kept=False):
        """Append transfers and move what they add up to: balances, and the sums of the commissions.

        One statement. What was posted before under the same key is skipped and moves nothing.

        :param list[Transfer] transfers: All of one company.
        :param res.company company:
        :param datetime|None now: UTC; the present if not given.
        :param bool sums_are_kept: The commissions were inserted just now with these transfers added up.
        :return: How many were new.
        :rtype: int
        """
        if not transfers:
            return 0
        columns = dict(zip(Transfer._fields, map(list, zip(*transfers, strict=True)), strict=True))
        self.flush_model()
        [(count, missing)] = self.env.execute_query(SQL(
            _POST,
            company_id=company.id,
            minor_unit=get_minor_unit(company.currency_id),
            now=now or fields.Datetime.now(),
            sums_are_kept=sums_are_kept,
            **columns,
        ))
        if missing:
            raise ValueError(f"{missing} balances of company {company.id} do not exist")
        for model in ('distribution.transfer', 'distribution.balance', 'distribution.commission'):
            self.env[model].invalidate_model()
        self.env['distribution.distributor'].invalidate_model()
        return count

    def _link_journal_items(self, move_line_ids):
        """Fill in the journal items of these transfers: once, and nothing else.

        :param list[int] move_line_ids: One for each transfer, in the same order.
        """
        self.env['account.move.line'].flush_model()
        self.env.execute_query(SQL(
            """
            UPDATE distribution_transfer t
               SET move_line_id = v.move_line_id
              FROM unnest(%s::int[], %s::int[]) AS v(id, move_line_id)
             WHERE t.id = v.id AND t.move_line_id IS NULL
         RETURNING t.id
            """, list(self.ids), move_line_ids))
        self.invalidate_model(['move_line_id'])
