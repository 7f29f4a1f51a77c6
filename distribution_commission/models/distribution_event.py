import logging

from psycopg2.errors import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH_SIZE = 1000


class DistributionEvent(models.Model):
    """A mark on an attributed order: something changed, look again.

    Only ever inserted by the transaction that changed something, so that no two of them wait for
    each other: the same order may be marked many times. There is deliberately no unique key and
    no ON CONFLICT: at REPEATABLE READ that fails when another transaction has just committed
    the same mark.

    +------------------------+-----------------+------+-------+--------+--------+
    | group                  | records         | read | write | create | unlink |
    +========================+=================+======+=======+========+========+
    | officer, finance       | own companies'  | x    |       |        |        |
    +------------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.event'
    _description = "Commission Event"
    _order = 'id'
    _log_access = False
    _rec_name = 'reason'

    order_ref = fields.Many2oneReference(model_field='order_model', required=True, readonly=True)
    order_model = fields.Char(compute='_compute_order_model')
    reason = fields.Selection(
        selection=[
            ('confirmed', "Confirmed"),
            ('edited', "Edited"),
            ('invoiced', "Invoice or credit note"),
            ('paid', "Payment"),
            ('delivered', "Delivery or return"),
            ('cancelled', "Cancelled"),
            ('relinked', "Credited to another distributor"),
        ],
        required=True,
        readonly=True,
    )
    told_at = fields.Datetime(required=True, readonly=True)
    error = fields.Text(readonly=True, help="Why this order could not be worked on.")
    failed_at = fields.Datetime(string="Failed on", readonly=True)
    tries = fields.Integer(readonly=True, help="How often it could not be worked on.")
    state = fields.Selection(
        selection=[('waiting', "Waiting"), ('failed', "Failed")], compute='_compute_state', search='_search_state')

    _todo_idx = models.Index('(id) WHERE error IS NULL')
    _order_idx = models.Index('(order_ref)')

    def _compute_order_model(self):
        self.order_model = 'sale.order'

    @api.depends('error')
    def _compute_state(self):
        for event in self:
            event.state = 'failed' if event.error else 'waiting'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        domains = {'waiting': fields.Domain('error', '=', False), 'failed': fields.Domain('error', '!=', False)}
        return fields.Domain.OR(domains[state] for state in value if state in domains)

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: forget the error, so that the processor tries again."""
        self.check_access('read')
        self.sudo().write({'error': False})
        self._trigger()

    # === BUSINESS METHODS === #

    @api.model
    def _tell(self, order_query, reason):
        """Append a mark for each order that the query returns, and wake the processor.

        :param SQL order_query: Returns ids of attributed orders.
        :param str reason: See the field.
        """
        rows = self.env.execute_query(SQL(
            """
            INSERT INTO distribution_event (order_ref, reason, told_at)
                 SELECT marked.order_id, %(reason)s, %(now)s::timestamp FROM (%(orders)s) AS marked
              RETURNING id
            """, reason=reason, now=fields.Datetime.now(), orders=order_query))
        if rows:
            self._trigger()

    @api.model
    def _trigger(self):
        """Wake the processor, once in a transaction."""
        self.env['ir.cron']._distribution_wake('distribution_commission.ir_cron_process_events')

    @api.model
    def _cron_process(self):
        """Work on the marks in batches, for as long as the cron lets us."""
        self.env['ir.cron']._distribution_in_batches(self._process, self._count_remaining)

    @api.model
    def _count_remaining(self):
        return self.search_count([('error', '=', False)])

    @api.model
    def _process(self, limit=BATCH_SIZE):
        """Bring the ledger up to the documents of the orders marked first.

        An order that cannot be worked on keeps its marks, with the error, and stops no other.

        :param int limit: How many marks to take.
        :return: How many marks were taken.
        :rtype: int
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT id, order_ref, told_at FROM distribution_event
             WHERE error IS NULL
          ORDER BY id
             LIMIT %s
               FOR UPDATE SKIP LOCKED
            """, limit))
        if not rows:
            return 0
        told_at = {}
        for _id, order_id, at in rows:
            told_at[order_id] = max(at, told_at.get(order_id, at))
        failed = self._process_orders(told_at)
        self.env.execute_query(SQL(
            "DELETE FROM distribution_event WHERE id = ANY(%s) RETURNING id",
            [id_ for id_, order_id, _at in rows if order_id not in failed]))
        for order_id, error in failed.items():
            self.env.execute_query(SQL(
                """
                UPDATE distribution_event
                   SET error = %s, failed_at = %s::timestamp, tries = COALESCE(tries, 0) + 1
                 WHERE id = ANY(%s)
             RETURNING id
                """, error, fields.Datetime.now(), [id_ for id_, marked_id, _at in rows if marked_id == order_id]))
        self.invalidate_model()
        self._tell_of_failures(list(failed))
        return len(rows)

    @api.model
    def _tell_of_failures(self, order_ids):
        """Leave an activity on each order that could not be worked on, once until it is done."""
        orders = self.env['sale.order'].sudo().browse(order_ids).exists()
        todo = self.env.ref('mail.mail_activity_data_warning', raise_if_not_found=False)
        summary = self.env._("Commissions of this order could not be worked out")
        for order in orders if todo else ():
            user = order.company_id._distribution_get_users('group_distribution_user')[:1]
            if user and not order.activity_ids.filtered(lambda activity: activity.summary == summary):
                order.activity_schedule(
                    activity_type_id=todo.id, summary=summary, user_id=user.id,
                    note=self.env._("The work queue of Distribution says why, and tries again."))

    @api.model
    def _process_orders(self, told_at):
        """Sync all orders at once or, when that fails, one by one.

        :param dict[int, datetime] told_at:
        :return: The errors of those that failed, by order id.
        :rtype: dict[int, str]
        """
        try:
            with self.env.cr.savepoint():
                self._sync_orders(told_at)
                return {}
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Commission events: a batch failed, working on its orders one by one")
        failed = {}
        for order_id, at in told_at.items():
            try:
                with self.env.cr.savepoint():
                    self._sync_orders({order_id: at})
            except OperationalError:
                raise
            except Exception as error:
                _logger.exception("Commission events: order %s failed", order_id)
                failed[order_id] = f"{type(error).__name__}: {error}"
        return failed

    @api.model
    def _sync_orders(self, told_at):
        facts_by_company = {}
        for fact in self.env['sale.order']._distribution_get_facts(told_at):
            facts_by_company.setdefault(fact.company_id, []).append(fact)
        now = fields.Datetime.now()
        for facts in facts_by_company.values():
            self.env['distribution.ladder.period']._mark(facts)     # First: it locks in the order of the other worker.
            self.env['distribution.commission']._sync(facts, now)
