from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_BATCH_SIZE = 500
_OPEN_DAYS = 400
_KEEP_DAYS = 90


class DistributionShadowRun(models.Model):
    """One nightly recomputation of the open period's commissions, beside the ledger.

    The same kernel computes from the documents what every commission should be; what the ledger holds
    otherwise becomes a difference for a person to look at. Nothing is repaired here.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.shadow.run'
    _description = "Shadow Recomputation"
    _order = 'id desc'
    _rec_name = 'started_at'

    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    started_at = fields.Datetime(required=True, readonly=True)
    finished_at = fields.Datetime(readonly=True)
    last_attribution_ref = fields.Integer(readonly=True, help="Up to which attribution it has come.")
    checked_count = fields.Integer(string="Orders", readonly=True)
    difference_count = fields.Integer(string="Differences", readonly=True)
    difference_ids = fields.One2many(
        comodel_name='distribution.shadow.difference', inverse_name='run_id', readonly=True)

    _open_uniq = models.UniqueIndex('(company_id) WHERE finished_at IS NULL', "A company has one run at a time.")

    # === BUSINESS METHODS === #

    @api.model
    def _cron_check(self):
        """Recompute company by company, in batches; an interrupted run goes on where it stopped."""
        progress = self.env['ir.cron']._commit_progress
        for company in self.env['distribution.plan'].search([]).company_id:  # pylint: disable=no-search-all
            run = self._find_or_create(company)
            while count := run._check_batch():
                if not progress(count):
                    return
            progress()

    @api.model
    def _find_or_create(self, company):
        """Return the run that is not finished, or a new one over the open period."""
        run = self.search([('company_id', '=', company.id), ('finished_at', '=', False)])
        if run:
            return run
        [(first,)] = self.env.execute_query(SQL(
            "SELECT MIN(id) FROM distribution_attribution WHERE company_id = %s AND pinned_at >= %s::timestamp",
            company.id, self._get_open_since(company)))
        return self.create({
            'company_id': company.id,
            'started_at': fields.Datetime.now(),
            'last_attribution_ref': (first or 0) - 1,
        })

    def _check_batch(self, limit=_BATCH_SIZE):
        """Recompute the next orders and keep the differences; finish when there are none left.

        :return: How many orders were recomputed.
        :rtype: int
        """
        self.ensure_one()
        self.env.flush_all()
        rows = self._get_next(limit)
        differences = self._get_differences(rows)
        self.env['distribution.shadow.difference'].create([{'run_id': self.id, **vals} for vals in differences])
        if rows:
            self.write({
                'last_attribution_ref': rows[-1][0],
                'checked_count': self.checked_count + len(rows),
                'difference_count': self.difference_count + len(differences),
            })
        else:
            self.finished_at = fields.Datetime.now()
        return len(rows)

    @api.autovacuum
    def _gc_agreeing_runs(self):
        """Delete old runs in which everything agreed."""
        self.search([
            ('difference_count', '=', 0),
            ('finished_at', '<', fields.Datetime.now() - timedelta(days=_KEEP_DAYS)),
        ]).unlink()

    # === GETTERS === #

    @api.model
    def _get_open_since(self, company):
        """Return when the open period begins: after the lock date, and not longer ago than a year and a bit."""
        now = fields.Datetime.now()
        locked = company.fiscalyear_lock_date
        oldest = now - timedelta(days=_OPEN_DAYS)
        return max(oldest, fields.Datetime.to_datetime(locked) + timedelta(days=1)) if locked else oldest

    def _get_next(self, limit):
        """Return (attribution, order) ids of the orders that nobody has marked: the others wait for the processor."""
        return self.env.execute_query(SQL(
            """
            SELECT a.id, a.order_id
              FROM distribution_attribution a
             WHERE a.company_id = %s AND a.id > %s AND a.plan_version_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM distribution_event e WHERE e.order_ref = a.order_id)
          ORDER BY a.id
             LIMIT %s
            """, self.company_id.id, self.last_attribution_ref, limit))

    @api.model
    def _get_differences(self, rows):
        """Return the values of the differences of these orders.

        :param list[tuple[int, int]] rows: See `_get_next`.
        :rtype: list[dict]
        """
        if not rows:
            return []
        commissions = self.env['distribution.commission']
        now = fields.Datetime.now()
        facts = self.env['sale.order']._distribution_get_facts({order_id: now for _id, order_id in rows})
        targets = commissions._get_targets(facts) if facts else {}
        existing = commissions._lock_existing([attribution_id for attribution_id, _order_id in rows], lock=False)
        return self._compare(targets, existing, commissions._get_goals(targets, existing))

    @api.model
    def _compare(self, targets, existing, goals):
        """Return the values of the differences between what is posted and what the documents say.

        :param dict targets: See `distribution.commission._get_targets`.
        :param dict existing: See `distribution.commission._lock_existing`.
        :param dict goals: See `distribution.commission._get_goals`.
        """
        found = []
        for key in sorted(targets.keys() | existing.keys()):
            posted = existing[key]['earned'] if key in existing else 0
            goal = goals[key] if key in existing else targets[key]['amount']
            if posted != goal:
                found.append(self._prepare_difference(key, existing.get(key), targets.get(key), posted, goal))
        return found

    @api.model
    def _prepare_difference(self, key, row, target, posted, goal):
        commission = self.env['distribution.commission'].browse(row['id'] if row else [])
        distributor = self.env['distribution.distributor'].browse(key[2])
        minor = 10 ** distributor.currency_id.decimal_places
        return {
            'commission_id': commission.id,
            'attribution_id': target['attribution_id'] if target else commission.attribution_id.id,
            'order_line_ref': key[0],
            'tier': key[1],
            'distributor_id': distributor.id,
            'posted_amount': posted / minor,
            'target_amount': goal / minor,
            'posted_trace': commission.transfer_ids.filtered(
                lambda transfer: transfer.explanation and transfer.reason != 'settlement')[:1].explanation or False,
            'target_trace': target['explanation'] if target else False,
        }


class DistributionShadowDifference(models.Model):
    """A commission that the ledger holds otherwise than the documents say: for a person to look at.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.shadow.difference'
    _description = "Shadow Difference"
    _inherit = ['distribution.role.mixin']
    _order = 'id desc'
    _rec_name = 'order_name'

    run_id = fields.Many2one(
        comodel_name='distribution.shadow.run', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='run_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    found_at = fields.Datetime(related='run_id.started_at', store=True)
    commission_id = fields.Many2one(
        comodel_name='distribution.commission', index='btree_not_null', ondelete='restrict', readonly=True)
    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution', required=True, index=True, ondelete='restrict', readonly=True)
    order_id = fields.Many2one(related='attribution_id.order_id')
    order_name = fields.Char(related='order_id.name')
    order_line_ref = fields.Integer(string="Sale Line", readonly=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True)
    tier = fields.Integer(readonly=True)
    posted_amount = fields.Monetary(string="In the Ledger", readonly=True)
    target_amount = fields.Monetary(string="By the Documents", readonly=True)
    posted_trace = fields.Json(readonly=True)
    target_trace = fields.Json(readonly=True)
    posted_trace_text = fields.Text(string="How the Ledger Came About", compute='_compute_trace_texts')
    target_trace_text = fields.Text(string="How the Documents Come About", compute='_compute_trace_texts')

    # === COMPUTE METHODS === #

    def _compute_trace_texts(self):
        for difference in self:
            for name in ('posted_trace', 'target_trace'):
                trace = difference[name] or {}
                difference[f'{name}_text'] = "\n".join(f"{key}: {value}" for key, value in trace.items())

    # === ACTION METHODS === #

    def action_look_again(self):
        """Button: mark the order, so that the processor brings the ledger up to the documents, with a trace."""
        self.check_access('read')
        self.sudo().order_id._distribution_notify('edited')
