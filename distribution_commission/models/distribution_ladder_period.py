import logging

from psycopg2.errors import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import admit, climb, get_entries

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100


class DistributionLadderPeriod(models.Model):
    """One ladder of one distributor over one period: a row to mark, to lock and to post by.

    Orders mark it when the processor works on them. Once the period is over, a marked one is computed
    anew from the documents as they stand, and the difference is posted on the sale lines: at its end, and
    again whenever an order of it changes later. Time zone and steps are those of the frozen version, so a
    moment is in one period of a ladder, for ever.

    +------------------------+-----------------+------+-------+--------+--------+
    | group                  | records         | read | write | create | unlink |
    +========================+=================+======+=======+========+========+
    | officer, finance       | own companies'  | x    |       |        |        |
    +------------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.ladder.period'
    _description = "Ladder Period"
    _order = 'date_until desc, id desc'
    _log_access = False

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True)
    ladder_id = fields.Many2one(
        comodel_name='distribution.plan.ladder', required=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_from = fields.Datetime(string="From", required=True, readonly=True)
    date_until = fields.Datetime(
        string="Until", required=True, readonly=True, help="This moment is not included.")
    marked_at = fields.Datetime(
        readonly=True, help="Since when something waits to be computed; empty: nothing changed since it was posted.")
    posted_at = fields.Datetime(string="Posted on", readonly=True, help="When it was computed last after its end.")
    error = fields.Text(readonly=True, help="Why this period could not be worked on.")
    state = fields.Selection(
        selection=[('running', "Running"), ('waiting', "Waiting"), ('posted', "Posted"), ('failed', "Failed")],
        compute='_compute_state',
        search='_search_state',
    )
    sales_amount = fields.Monetary(
        string="Own Sales", compute='_compute_amounts',
        help="What counts as the documents stand now: paid, net of tax, discounts and refunds.")
    earned_amount = fields.Monetary(
        string="By the Documents", compute='_compute_amounts',
        help="What the ladder gives on it as the documents stand now; before the end of the period an estimate.")
    posted_amount = fields.Monetary(string="In the Ledger", compute='_compute_posted_amount')
    commission_ids = fields.One2many(
        comodel_name='distribution.commission', inverse_name='ladder_period_id', readonly=True)

    _period_uniq = models.UniqueIndex(
        '(ladder_id, distributor_id, date_from)', "A period of a ladder is there once for a distributor.")
    _due_idx = models.Index('(date_until) WHERE marked_at IS NOT NULL AND error IS NULL')

    # === COMPUTE METHODS === #

    @api.depends('ladder_id', 'date_from', 'date_until')
    def _compute_display_name(self):
        for period in self:
            period.display_name = period._get_days_text()

    @api.depends('date_until', 'marked_at', 'error')
    def _compute_state(self):
        now = fields.Datetime.now()
        for period in self:
            if period.error:
                period.state = 'failed'
            elif period.date_until > now:
                period.state = 'running'
            else:
                period.state = 'waiting' if period.marked_at else 'posted'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        now = fields.Datetime.now()
        works = fields.Domain('error', '=', False)
        is_over = works & fields.Domain('date_until', '<=', now)
        domains = {
            'running': works & fields.Domain('date_until', '>', now),
            'waiting': is_over & fields.Domain('marked_at', '!=', False),
            'posted': is_over & fields.Domain('marked_at', '=', False),
            'failed': fields.Domain('error', '!=', False),
        }
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    def _compute_amounts(self):
        accruals = self._get_accruals()
        for period in self:
            minor = 10 ** period.currency_id.decimal_places
            sales, found = accruals[period.id]
            period.sales_amount = sales / minor
            period.earned_amount = sum(accrual.amount for _fact, accrual in found) / minor

    def _compute_posted_amount(self):
        amounts = dict(self.env['distribution.commission']._read_group(
            [('ladder_period_id', 'in', self.ids)], ['ladder_period_id'], ['earned_amount:sum']))
        for period in self:
            period.posted_amount = amounts.get(period, 0)

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: forget the error, so that it is computed again."""
        self.check_access('read')
        self.sudo().write({'error': False})
        self._trigger()

    # === BUSINESS METHODS === #

    @api.model
    def _mark(self, facts):
        """Mark the periods that these orders count in, and those that hold a commission on them.

        A mark writes the row in any case, so that a worker who computes it with an older view of the
        documents fails and tries again.

        :param list[OrderFacts] facts: Of one company.
        """
        versions = self.env['distribution.plan.version'].browse({fact.plan_version_id for fact in facts})
        ladders = {version.id: version.ladder_ids for version in versions if version.ladder_ids}
        facts = [fact for fact in facts if fact.plan_version_id in ladders]
        if not facts:
            return
        self._insert_missing(facts, ladders)
        now = fields.Datetime.now()
        [(is_due,)] = self.env.execute_query(SQL(
            """
            WITH marked AS (
                UPDATE distribution_ladder_period
                   SET marked_at = %(now)s::timestamp, error = NULL
                 WHERE id IN (%(periods)s)
             RETURNING date_until
            )
            SELECT bool_or(date_until <= %(now)s::timestamp) FROM marked
            """, now=now, periods=self._get_marked_query([fact.attribution_id for fact in facts])))
        self.invalidate_model()
        if is_due:
            self._trigger()

    @api.model
    def _get_marked_query(self, attribution_ids):
        """Return the SQL of the periods that these attributions have to do with, locked in one order."""
        return SQL(
            """
            SELECT p.id
              FROM distribution_ladder_period p
             WHERE p.id IN (
                   SELECT known.id
                     FROM distribution_attribution a
                     JOIN sale_order o ON o.id = a.order_id
                     JOIN distribution_plan_ladder ladder ON ladder.version_id = a.plan_version_id
                     JOIN distribution_ladder_period known
                       ON known.ladder_id = ladder.id AND known.distributor_id = a.distributor_id
                      AND known.date_from <= o.date_order AND known.date_until > o.date_order
                    WHERE a.id = ANY(%(attributions)s)
                UNION
                   SELECT ladder_period_id FROM distribution_commission
                    WHERE attribution_id = ANY(%(attributions)s) AND ladder_period_id IS NOT NULL)
          ORDER BY p.id
               FOR UPDATE
            """, attributions=attribution_ids)

    @api.model
    def _insert_missing(self, facts, ladders):
        """Open the periods that these orders are the first of.

        :param dict ladders: By version id.
        """
        engines = {version_id: records._to_engine() for version_id, records in ladders.items()}
        keys = set()
        for fact in facts:
            ordered_at = fields.Datetime.to_datetime(fact.order.ordered_at)
            seller_id = next((payee.distributor_id for payee in fact.order.payees if payee.tier == 1), None)
            for ladder_id in {ladder.id for ladder, _losers in admit(fact.order, engines[fact.plan_version_id]).values()}:
                ladder = self.env['distribution.plan.ladder'].browse(ladder_id)
                keys.add((ladder_id, seller_id, fact.company_id, *ladder._get_bounds(ordered_at)))
        self.env.execute_query(SQL(
            """
            INSERT INTO distribution_ladder_period (ladder_id, distributor_id, company_id, date_from, date_until)
                 SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[], %s::timestamp[])
            ON CONFLICT (ladder_id, distributor_id, date_from) DO NOTHING
              RETURNING id
            """, *([list(column) for column in zip(*sorted(keys), strict=True)] or [[]] * 5)))

    @api.model
    def _trigger(self):
        self.env.ref('distribution_commission.ir_cron_post_ladders').sudo()._trigger()

    @api.model
    def _cron_post(self):
        """Post the periods that are over, in batches."""
        self.env['ir.cron']._distribution_in_batches(self._post_due)

    @api.model
    def _post_due(self, limit=BATCH_SIZE):
        """Bring the ledger up to the documents of periods that are over and marked.

        A period that cannot be worked on keeps its mark, with the error, and stops no other.

        :return: How many periods were worked on.
        :rtype: int
        """
        self.env.flush_all()
        now = fields.Datetime.now()
        rows = self.env.execute_query(SQL(
            """
            SELECT id FROM distribution_ladder_period
             WHERE marked_at IS NOT NULL AND error IS NULL AND date_until <= %s::timestamp
          ORDER BY id
             LIMIT %s
               FOR UPDATE SKIP LOCKED
            """, now, limit))
        periods_sudo = self.sudo().browse(id_ for id_, in rows)
        failed_sudo = periods_sudo._post_together(now)
        (periods_sudo - failed_sudo).write({'marked_at': False, 'posted_at': now})
        return len(rows)

    def _post_together(self, now):
        """Post these periods at once or, when that fails, one by one.

        :return: Those that failed; each keeps the error.
        :rtype: distribution.ladder.period
        """
        try:
            with self.env.cr.savepoint():
                self._sync(now)
                return self.browse()
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Ladder periods: a batch failed, working on its periods one by one")
        failed = self.browse()
        for period in self:
            try:
                with self.env.cr.savepoint():
                    period._sync(now)
            except OperationalError:
                raise
            except Exception as error:
                _logger.exception("Ladder periods: period %s failed", period.id)
                period.error = f"{type(error).__name__}: {error}"
                failed |= period
        return failed

    def _sync(self, now):
        """Post the difference between what the documents say now and what the ledger holds.

        :return: How many transfers were posted.
        :rtype: int
        """
        commissions = self.env['distribution.commission']
        return sum(
            commissions._sync_ladders(periods, periods._get_targets(now), company, now)
            for company, periods in self.grouped('company_id').items())

    # === GETTERS === #

    def _get_targets(self, now):
        """Return what the lines of these periods are to earn.

        :return: Per (sale line, tier, distributor, period) the column values of the commission.
        :rtype: dict[tuple[int, int, int, int], dict]
        """
        commissions = self.env['distribution.commission']
        return {
            (accrual.line_id, accrual.tier, accrual.distributor_id, period_id): {
                **commissions._prepare_target(fact._replace(told_at=now), accrual), 'ladder_period_id': period_id}
            for period_id, (_sales, accruals) in self._get_accruals().items()
            for fact, accrual in accruals
        }

    def _get_accruals(self):
        """Ask the kernel what these periods give as their documents stand now, in a few statements for all.

        :return: Own sales, in minor units, and (facts of the order, accrual) of each line; by period.
        :rtype: dict[int, tuple[int, list]]
        """
        order_ids = self._get_order_ids()
        facts = {
            fact.order.id: fact for fact in self.env['sale.order']._distribution_get_facts(
                dict.fromkeys(id_ for ids in order_ids.values() for id_ in ids))}
        entries = self._get_entries(facts.values())
        result = {}
        for period, [ladder] in zip(self, (period.ladder_id._to_engine() for period in self), strict=True):
            own = {
                entry.line_id: (facts[order_id], entry)
                for order_id in order_ids.get(period.id, ()) for entry in entries.get((order_id, ladder.id), ())}
            accruals = climb(ladder, [entry for _fact, entry in own.values()])
            result[period.id] = (
                sum(entry.net for _fact, entry in own.values()),
                [(own[accrual.line_id][0], accrual) for accrual in accruals])
        return result

    def _get_order_ids(self):
        """Return the orders confirmed in each of these periods that are its distributor's own, by period."""
        if not self:
            return {}
        self.env['sale.order'].flush_model(['date_order'])
        return dict(self.env.execute_query(SQL(
            """
            SELECT p.id, array_agg(a.order_id ORDER BY a.order_id)
              FROM distribution_ladder_period p
              JOIN distribution_plan_ladder ladder ON ladder.id = p.ladder_id
              JOIN distribution_attribution a
                ON a.distributor_id = p.distributor_id AND a.plan_version_id = ladder.version_id
              JOIN sale_order o
                ON o.id = a.order_id AND o.date_order >= p.date_from AND o.date_order < p.date_until
             WHERE p.id = ANY(%s)
          GROUP BY p.id
            """, list(self.ids))))

    @api.model
    def _get_entries(self, facts):
        """Return the lines that count for ladders, by order and ladder.

        :rtype: dict[tuple[int, int], list[engine.Entry]]
        """
        versions = self.env['distribution.plan.version'].browse({fact.plan_version_id for fact in facts})
        plans = {
            version.id: (version.ladder_ids._to_engine(), version._to_engine())
            for version in versions if version.ladder_ids}
        return {
            (fact.order.id, ladder_id): entries
            for fact in facts if fact.plan_version_id in plans
            for ladders, plan in [plans[fact.plan_version_id]]
            for ladder_id, entries in get_entries(fact.order, ladders, **plan).items()
        }

    def _get_days_text(self):
        """Return the first and the last day, in the time zone of the ladder."""
        self.ensure_one()
        zoned = self.with_context(tz=self.ladder_id.tz)
        first, last = (
            fields.Datetime.context_timestamp(zoned, moment).date()
            for moment in (self.date_from, fields.Datetime.subtract(self.date_until, seconds=1)))
        return str(first) if first == last else f"{first} – {last}"
