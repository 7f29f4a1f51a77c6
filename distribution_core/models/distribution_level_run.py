from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class DistributionLevelRun(models.Model):
    """Who would move between the levels, and why; then, who did.

    Measured and applied by set-based SQL: the number of statements does not depend on the number
    of distributors. What is measured of a distributor is its own, see `QUALIFICATION_FIELDS`.

    +--------------+-----------------------+------+-------+--------+--------+
    | group        | records               | read | write | create | unlink |
    +==============+=======================+======+=======+========+========+
    | officer      | own companies'        | x    |       |        |        |
    | manager      | own companies'        | x    | x     |        |        |
    +--------------+-----------------------+------+-------+--------+--------+
    """
    _name = 'distribution.level.run'
    _description = "Level Run"
    _order = 'id desc'
    _rec_name = 'measured_at'

    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    measured_at = fields.Datetime(
        required=True, readonly=True, help="The facts are those before this moment.")
    applied_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        selection=[('draft', "Preview"), ('applied', "Applied"), ('cancelled', "Cancelled")],
        required=True,
        readonly=True,
        default='draft',
        index=True,
    )
    line_ids = fields.One2many(
        comodel_name='distribution.level.run.line', inverse_name='run_id', string="Movements", readonly=True)
    promotion_count = fields.Integer(string="Promotions", compute='_compute_counts')
    demotion_count = fields.Integer(string="Demotions", compute='_compute_counts')
    warning_count = fields.Integer(string="Warnings", compute='_compute_counts')

    # === COMPUTE METHODS === #

    @api.depends('line_ids.direction')
    def _compute_counts(self):
        counts = {
            (run.id, direction): count
            for run, direction, count in self.env['distribution.level.run.line']._read_group(
                [('run_id', 'in', self.ids)], ['run_id', 'direction'], ['__count'])
        }
        for run in self:
            for direction in ('promotion', 'demotion', 'warning'):
                run[f'{direction}_count'] = counts.get((run.id, direction), 0)

    # === ACTION METHODS === #

    @api.model
    def action_preview(self):
        """Menu: measure now, move nobody, and show who would move."""
        self.check_access('read')       # an officer
        run_sudo = self.sudo()._preview(self.env.company)
        if not run_sudo:
            return {
                'type': 'ir.actions.client',
                'tag': 'display_notification',
                'params': {'message': self.env._("Nobody would move: every level is as its conditions say.")},
            }
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': run_sudo.id, 'view_mode': 'form',
        }

    def action_apply(self):
        """Button: move those of the preview who still are where it saw them."""
        self.ensure_one()
        self.check_access('write')      # an administrator
        self.sudo()._apply()

    def action_cancel(self):
        """Button: move nobody."""
        self.check_access('write')
        for run_sudo in self.sudo():
            run_sudo._update_state('cancelled')

    # === BUSINESS METHODS === #

    @api.model
    def _cron_run(self):
        """Measure and apply, company by company."""
        for company in self.env['res.company'].search([]):  # pylint: disable=no-search-all
            self._preview(company)._apply()
            self.env['ir.cron']._commit_progress(1)

    @api.model
    def _preview(self, company, now=None):
        """Measure, and write down who would move. It supersedes the previews before it.

        :param res.company company:
        :param datetime|None now: UTC; what happened at this moment or later does not count.
        :return: The run; nothing when nobody would move.
        :rtype: distribution.level.run
        """
        self.search([('company_id', '=', company.id), ('state', '=', 'draft')])._update_state('cancelled')
        run = self.create({'company_id': company.id, 'measured_at': now or fields.Datetime.now()})
        if not self.env['distribution.level.run.line']._measure(run):
            run.unlink()
            return self.browse()
        return run

    def _apply(self):
        """Move those who still are where the run saw them; applying again moves nobody.

        It leaves no notes with the distributors, only history: a note costs more than a millisecond,
        and the first run moves everybody.
        """
        for run in self._update_state('applied'):
            run.applied_at = fields.Datetime.now()
            run.flush_recordset()
            run.line_ids._settle(run)
            run._move_distributors()
            self.env['distribution.level.history']._record_run(run)
            self.env['distribution.distributor'].invalidate_model(
                ['level_id', 'level_failing_since', 'level_history_ids'])
            self.env['res.partner'].invalidate_model(['property_product_pricelist'])    # a benefit of levels

    def _move_distributors(self):
        self.env['distribution.distributor'].flush_model()
        self.env.cr.execute(SQL(
            """
            UPDATE distribution_distributor d
               SET level_id = line.to_level_id,
                   level_failing_since = CASE WHEN line.direction = 'warning' THEN %(today)s END,
                   write_uid = %(uid)s, write_date = %(now)s
              FROM distribution_level_run_line line
             WHERE line.run_id = %(run)s AND line.outcome = 'applied' AND d.id = line.distributor_id
            """, run=self.id, today=self.measured_at.date(), uid=self.env.uid, now=self.applied_at))

    def _update_state(self, target_state):
        """The one gate: from a preview to applied or cancelled, under the row's lock.

        :return: Those that changed; being there already is no error.
        :rtype: distribution.level.run
        :raise UserError: when the run has ended the other way.
        """
        self.lock_for_update()
        self.invalidate_recordset(['state'])
        moving = self.filtered(lambda run: run.state != target_state)
        if any(run.state != 'draft' for run in moving):
            raise UserError(self.env._("This run is over. Make a new preview."))
        moving.write({'state': target_state})
        return moving
