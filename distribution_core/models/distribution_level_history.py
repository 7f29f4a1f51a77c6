from odoo import api, fields, models
from odoo.tools import SQL


class DistributionLevelHistory(models.Model):
    """Which level a distributor had, from when until when, and why.

    Written when `level_id` of a distributor changes; an edge is closed and another one added, none
    is ever edited.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.level.history'
    _description = "Level History"
    _order = 'from_at desc, id desc'
    _rec_name = 'level_id'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', readonly=True, index=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    level_id = fields.Many2one(
        comodel_name='distribution.level', ondelete='restrict', readonly=True, index='btree_not_null',
        help="Empty: none.")
    from_at = fields.Datetime(string="From", required=True, readonly=True)
    until_at = fields.Datetime(string="Until", readonly=True)
    source = fields.Selection(
        selection=[('creation', "Creation"), ('import', "Import"), ('manual', "By hand"), ('run', "Level run")],
        required=True,
        readonly=True,
    )
    reason = fields.Char(readonly=True)
    run_id = fields.Many2one(
        comodel_name='distribution.level.run', ondelete='restrict', readonly=True, index='btree_not_null')
    facts = fields.Json(readonly=True, help="What was measured when the run decided.")
    why = fields.Char(compute='_compute_why', help="The reason given, or what the run measured.")
    kept_until = fields.Date(
        readonly=True, help="Given by hand to be kept: no run takes the level before this day.")

    _open_uniq = models.UniqueIndex(
        '(distributor_id) WHERE until_at IS NULL', "A distributor has one level at a time.")
    _check_period = models.Constraint(
        'CHECK (until_at IS NULL OR until_at >= from_at)', "A level ends after it began.")

    # === COMPUTE METHODS === #

    @api.depends('reason', 'facts')
    @api.depends_context('lang')
    def _compute_why(self):
        for edge in self:
            edge.why = self.env['distribution.level']._explain(edge.facts, edge.company_id) if edge.facts \
                else edge.reason

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, distributors, source, reason=None, kept_until=None):
        """Close the open edges of these distributors and add what they are now."""
        now = fields.Datetime.now()
        self.search([('distributor_id', 'in', distributors.ids), ('until_at', '=', False)]).write({'until_at': now})
        self.flush_model(['until_at'])      # before the next edge opens: there is one at any moment
        self.create([
            {
                'distributor_id': distributor.id,
                'company_id': distributor.company_id.id,
                'level_id': distributor.level_id.id,
                'from_at': now,
                'source': source,
                'reason': reason,
                'kept_until': kept_until,
            }
            for distributor in distributors
        ])

    @api.model
    def _record_run(self, run):
        """As :meth:`_record`, for all whom a run has moved, in two statements.

        One edge that a machine with a fast clock has written must not stop everybody's run: it ends empty.
        """
        self.flush_model()
        moved = SQL(
            """
            SELECT distributor_id, company_id, to_level_id, facts
              FROM distribution_level_run_line
             WHERE run_id = %s AND outcome = 'applied' AND direction IN ('promotion', 'demotion')
            """, run.id)
        self.env.cr.execute(SQL(
            """
            UPDATE distribution_level_history edge
               SET until_at = GREATEST(edge.from_at, %(at)s), write_uid = %(uid)s, write_date = %(at)s
              FROM (%(moved)s) moved
             WHERE edge.distributor_id = moved.distributor_id AND edge.until_at IS NULL
            """, moved=moved, at=run.applied_at, uid=self.env.uid))
        self.env.cr.execute(SQL(
            """
            INSERT INTO distribution_level_history
                        (distributor_id, company_id, level_id, from_at, source, run_id, facts,
                         create_uid, create_date, write_uid, write_date)
                 SELECT distributor_id, company_id, to_level_id, %(at)s, 'run', %(run)s, facts,
                        %(uid)s, %(at)s, %(uid)s, %(at)s
                   FROM (%(moved)s) moved
            """, moved=moved, at=run.applied_at, run=run.id, uid=self.env.uid))
        self.invalidate_model()

    # === GETTERS === #

    @api.model
    def _get_level_at(self, distributors, moment):
        """Return the level that each distributor had at a moment: one statement.

        :param distribution.distributor distributors:
        :param datetime moment: UTC; an edge counts from its beginning until before its end.
        :return: Level by distributor; an empty one for who had none.
        :rtype: dict[distribution.distributor, distribution.level]
        """
        self.flush_model()
        rows = dict(self.env.execute_query(SQL(
            """
            SELECT distributor_id, level_id
              FROM distribution_level_history
             WHERE distributor_id = ANY(%(distributors)s)
               AND from_at <= %(moment)s AND (until_at IS NULL OR until_at > %(moment)s)
            """, distributors=list(distributors.ids), moment=moment)))
        level = self.env['distribution.level']
        return {distributor: level.browse(rows.get(distributor.id)) for distributor in distributors}
