from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..wechat.pay import get_bounds, get_fee

_DONE = {'payment': ('SUCCESS', 'REFUND'), 'refund': ('SUCCESS',)}      # states of the platform
_UNDER_WAY = 'PROCESSING'       # a refund when the statement was made; the movement tells when it is done
# What else moves under a number of ours: the field of a line, and where it is kept; amounts are above zero when money comes.
_MOVED = {
    'transfer': ('transfer_id', SQL(
        "SELECT id, name, platform_number, -amount AS amount, state, paid_at, merchant_id FROM distribution_wechat_bill")),
    'share': ('share_id', SQL(
        """
        SELECT share.id, share.name, share.platform_number, -share.amount AS amount, share.state, share.paid_at, frozen.merchant_id
          FROM distribution_wechat_share share
          JOIN distribution_wechat_frozen frozen ON frozen.id = share.frozen_id""")),
    'return': ('return_id', SQL(
        """
        SELECT back.id, back.name, NULL::varchar AS platform_number, share.amount, back.state, back.paid_at, frozen.merchant_id
          FROM distribution_wechat_return back
          JOIN distribution_wechat_share share ON share.id = back.share_id
          JOIN distribution_wechat_frozen frozen ON frozen.id = share.frozen_id""")),
}
_TOLD = ('payment', 'refund', *_MOVED)      # what is known here, if all is well


class _Line(NamedTuple):
    """A line, and what is known about it here; amounts in fen."""

    kind: str
    number: str
    platform_number: str
    flow_number: str
    amount: int
    fee: int
    balance: int
    platform_state: str
    own_id: int | None
    own_amount: int | None
    own_state: str | None

    @property
    def is_done_there(self):
        return self.platform_state in _DONE[self.kind] if self.platform_state else True

    @property
    def is_done_here(self):
        return self.own_state in ('done', 'success')


class DistributionWechatStatement(models.Model):
    """Compares a day with payments, refunds and transfers: in a few statements, however many lines there are."""
    _inherit = 'distribution.wechat.statement'

    # === BUSINESS METHODS === #

    def _match(self):
        """Find what the lines are about, and name what differs."""
        self.ensure_one()
        self.env.flush_all()
        for own, theirs in (('wechatpay_number', 'number'), ('provider_reference', 'platform_number')):
            self._link_transactions(SQL.identifier(own), SQL.identifier(theirs))
        for kind, (field, _kept) in _MOVED.items():
            for own, theirs in (('name', 'number'), ('platform_number', 'platform_number')):
                self._link_moved(kind, SQL.identifier(field), SQL.identifier(own), SQL.identifier(theirs))
        self.line_ids.invalidate_recordset(
            ['kind', 'transaction_id', *(field for field, _kept in _MOVED.values())], flush=False)
        self._set_differences({values['key']: values for values in self._get_differences()})
        self._conclude()

    def _link_transactions(self, own, theirs):
        """Link lines with payments and refunds of the merchant by a number. A fee is known by its payment's."""
        self.env.cr.execute(SQL(
            """
            UPDATE distribution_wechat_statement_line line
               SET transaction_id = tx.id,
                   kind = CASE WHEN line.kind = 'fee' THEN 'fee'
                               WHEN tx.operation = 'refund' THEN 'refund'
                               ELSE 'payment' END
              FROM payment_transaction tx
              JOIN payment_provider provider ON provider.id = tx.provider_id
             WHERE line.statement_id = %s
               AND line.transaction_id IS NULL
               AND tx.%s = line.%s
               AND tx.%s <> ''
               AND tx.wechatpay_number IS NOT NULL
               AND (line.kind = 'fee' OR line.amount * tx.amount > 0)
               AND provider.wechatpay_merchant_id = %s
            """, self.id, own, theirs, own, self.merchant_id.id))

    def _link_moved(self, kind, field, own, theirs):
        """Link lines with what moved otherwise on the merchant's account, by a number and the direction."""
        self.env.cr.execute(SQL(
            """
            UPDATE distribution_wechat_statement_line line
               SET %(field)s = moved.id,
                   kind = CASE WHEN line.kind = 'fee' THEN 'fee' ELSE %(kind)s END
              FROM (%(moved)s) moved
             WHERE line.statement_id = %(statement)s
               AND COALESCE(line.transaction_id, line.transfer_id, line.share_id, line.return_id) IS NULL
               AND moved.%(own)s = line.%(theirs)s
               AND moved.%(own)s <> ''
               AND line.amount * moved.amount > 0
               AND moved.merchant_id = %(merchant)s
            """, field=field, kind=kind, moved=_MOVED[kind][1], statement=self.id, own=own, theirs=theirs,
            merchant=self.merchant_id.id))

    def _set_differences(self, found):
        """Name what is found now; what is not found any more has healed, and what was explained stays so.

        :param dict[str, dict] found: Values by keys.
        """
        known = {difference.key: difference for difference in self.difference_ids}
        self.env['distribution.wechat.statement.difference'].create(
            [values for key, values in found.items() if key not in known])
        for key, difference in known.items():
            if difference.state == 'open' and key not in found:
                difference._update_state(('open',), 'healed')
            elif difference.state == 'healed' and key in found:
                difference._update_state(('healed',), 'open')

    def _conclude(self):
        """Let the differences decide about the state; the accountant is told once."""
        is_open = any(difference.state == 'open' for difference in self.difference_ids)
        self._update_state(('fetched', 'differences'), 'differences' if is_open else 'matched')
        if is_open and not self.told_at:
            self.told_at = fields.Datetime.now()
            user = self.merchant_id.accountant_id or self.merchant_id.create_uid
            self.activity_schedule(
                'mail.mail_activity_data_warning', user_id=user.id,
                summary=self.env._("%s differences from WeChat Pay", self.difference_count))
        elif not is_open and self.told_at:
            self.activity_unlink(['mail.mail_activity_data_warning'])

    # === GETTERS === #

    def _get_differences(self):
        """Return what differs now.

        :return: Values of differences.
        :rtype: list[dict]
        """
        lines = self._get_lines()
        found = [*self._find_in_lines(lines), *self._find_duplicates(lines), *self._find_not_there()]
        if self.kind == 'flow':
            found += [*self._find_missing_fees(lines), *self._find_breaks(lines)]
        return found

    def _get_lines(self):
        """Return the lines in their order.

        :rtype: list[_Line]
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT line.kind, line.number, line.platform_number, line.flow_number, line.amount, line.fee, line.balance,
                   line.platform_state, COALESCE(tx.id, moved.id), COALESCE(tx.amount, moved.amount),
                   COALESCE(tx.state, moved.state)
              FROM distribution_wechat_statement_line line
         LEFT JOIN payment_transaction tx ON tx.id = line.transaction_id
         LEFT JOIN LATERAL (%s) moved ON true
             WHERE line.statement_id = %s
          ORDER BY line.id
            """, self._get_moved(lambda field: SQL("moved.id = line.%s", field)), self.id))
        return [
            _Line(*row[:4], *(self._to_fen(value or 0) for value in row[4:7]), *row[7:9],
                  None if row[9] is None else self._to_fen(row[9]), row[10])
            for row in rows]

    @staticmethod
    def _get_moved(get_condition):
        """Return the query of what moved otherwise, as far as a condition on the field of a line holds.

        :param Callable[[SQL], SQL] get_condition:
        :rtype: SQL
        """
        return SQL(" UNION ALL ").join(
            SQL("SELECT %s AS kind, moved.* FROM (%s) moved WHERE %s", kind, kept, get_condition(SQL.identifier(field)))
            for kind, (field, kept) in _MOVED.items())

    @staticmethod
    def _to_fen(amount):
        return round(amount * 100)

    def _find_in_lines(self, lines):
        rate = self.merchant_id._get_fee_rate()
        for line in lines:
            if line.kind in _TOLD:
                yield from self._find_in_line(line)
            if not rate:
                continue
            base = line.own_amount if line.own_amount is not None else line.amount
            if line.kind == 'payment' and self.kind == 'trade' and line.fee != get_fee(base, rate):
                yield self._prepare_difference('fee', line, get_fee(base, rate), line.fee)
            elif line.kind == 'fee' and (line.own_amount or 0) > 0 and -line.amount != get_fee(base, rate):
                yield self._prepare_difference('fee', line, get_fee(base, rate), -line.amount)

    def _find_in_line(self, line):
        if not line.own_id:
            yield self._prepare_difference('missing_here', line, 0, line.amount)
            return
        amount = line.amount - line.fee if self.kind == 'flow' else line.amount
        if line.own_amount != amount:
            yield self._prepare_difference('amount', line, line.own_amount, amount)
        if line.platform_state != _UNDER_WAY and line.is_done_here != line.is_done_there:
            yield self._prepare_difference('state', line, line.own_amount, line.amount)

    def _find_duplicates(self, lines):
        seen = set()
        for line in lines:
            key = line.flow_number or (line.kind, line.number)
            if key in seen:
                yield self._prepare_difference('duplicate', line, 0, line.amount)
            seen.add(key)

    def _find_missing_fees(self, lines):
        """Payments of which nothing was kept, though the merchant pays a fee."""
        rate = self.merchant_id._get_fee_rate()
        charged = {line.own_id for line in lines if line.kind == 'fee'}
        for line in lines:
            if line.kind == 'payment' and line.own_id and line.own_id not in charged and get_fee(line.own_amount, rate):
                yield self._prepare_difference('fee', line._replace(kind='fee'), get_fee(line.own_amount, rate), 0)

    def _find_breaks(self, lines):
        """The first movement whose balance does not follow from the one before it."""
        before = self._get_balance_before()
        for line in lines:
            if before is not None and before + line.amount != line.balance:
                yield self._prepare_difference('balance', line, before + line.amount, line.balance)
                return
            before = line.balance

    def _get_balance_before(self):
        """Return the balance at the end of the last day that moved, in fen; None if it is not known."""
        [row] = self.env.execute_query(SQL(
            """
            SELECT (SELECT line.balance
                      FROM distribution_wechat_statement_line line
                      JOIN distribution_wechat_statement statement ON statement.id = line.statement_id
                     WHERE statement.merchant_id = %(merchant)s AND statement.kind = 'flow' AND statement.day < %(day)s
                  ORDER BY statement.day DESC, line.id DESC
                     LIMIT 1)
            """, merchant=self.merchant_id.id, day=self.day))
        return None if row[0] is None or self._has_gap() else self._to_fen(row[0])

    def _has_gap(self):
        """Return whether a day before this one, since the last one that moved, is not fetched."""
        earlier = self.search([
            ('merchant_id', '=', self.merchant_id.id), ('kind', '=', 'flow'), ('day', '<', self.day),
        ], order='day desc')
        day = self.day
        for statement in earlier:
            if (day - statement.day).days != 1 or statement.state == 'waiting':
                return True
            if statement.line_count:
                return False
            day = statement.day
        return False

    def _find_not_there(self):
        """Return what is done here since the day began and before it ended, and is in no statement of this kind.

        What was paid before midnight and known after it is in the statement of the day before: no matter which.
        """
        begin, end = get_bounds(self.day)
        moved = self._get_moved(lambda field: SQL(
            """
            moved.merchant_id = %s AND moved.state = 'success' AND moved.paid_at >= %s AND moved.paid_at < %s
            AND NOT EXISTS (SELECT FROM distribution_wechat_statement_line line WHERE line.%s = moved.id)
            """, self.merchant_id.id, begin, end, field))
        rows = self.env.execute_query(SQL(
            """
            SELECT CASE WHEN tx.operation = 'refund' THEN 'refund' ELSE 'payment' END, tx.wechatpay_number,
                   tx.provider_reference, tx.amount, tx.state
              FROM payment_transaction tx
              JOIN payment_provider provider ON provider.id = tx.provider_id
             WHERE provider.wechatpay_merchant_id = %(merchant)s AND tx.wechatpay_number IS NOT NULL
               AND tx.state = 'done' AND tx.last_state_change >= %(begin)s AND tx.last_state_change < %(end)s
               AND NOT EXISTS (
                       SELECT FROM distribution_wechat_statement_line line
                         JOIN distribution_wechat_statement statement ON statement.id = line.statement_id
                        WHERE line.transaction_id = tx.id AND line.kind <> 'fee' AND statement.kind = %(kind)s)
             UNION ALL
            SELECT moved.kind, moved.name, moved.platform_number, moved.amount, moved.state
              FROM (%(moved)s) moved
             WHERE %(kind)s = 'flow'
            """, merchant=self.merchant_id.id, begin=begin, end=end, kind=self.kind, moved=moved))
        for kind, number, platform_number, amount, state in rows:
            yield self._prepare_difference('missing_there', _Line(
                kind, number, platform_number, None, 0, 0, 0, None, None, None, state), self._to_fen(amount), 0)

    def _prepare_difference(self, kind, line, here, there):
        """Return the values of a difference.

        :param str kind:
        :param _Line line:
        :param int here: Fen.
        :param int there: Fen.
        :rtype: dict
        """
        states = (line.own_state, line.platform_state) if kind == 'state' else (None, None)
        number = line.flow_number if kind == 'balance' else line.number
        return {
            'statement_id': self.id, 'kind': kind, 'subject': line.kind, 'number': number,
            'platform_number': line.platform_number, 'amount_here': here / 100, 'amount_there': there / 100,
            'state_here': states[0], 'state_there': states[1] or ('SUCCESS' if kind == 'state' else None),
            'key': ' '.join(str(part) for part in (
                kind, line.kind, number, line.platform_number, here, there, *(state or '' for state in states)))}
