import hashlib
import json

from odoo import Command, api, fields, models

from ..compliance import ALARM_DEPTH, ALARM_PARTICIPANTS, ALARM_PARTICIPANTS_SERIOUS, alarm_level


class DistributionPolicyCheckRun(models.Model):
    """All rules checked for a company at one moment, with a snapshot of the network.

    Kept for ever. The nightly run is recorded only when something is different from the last one, or in
    a new month.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.policy.check.run'
    _description = "Compliance Check Run"
    _inherit = ['distribution.append.only']
    _order = 'id desc'
    _rec_name = 'checked_at'

    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    policy_id = fields.Many2one(
        comodel_name='distribution.policy', readonly=True, index='btree_not_null', ondelete='restrict')
    checked_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    check_ids = fields.One2many(comodel_name='distribution.policy.check', inverse_name='run_id', readonly=True)
    red_count = fields.Integer(string="To Look at", readonly=True)
    participants = fields.Integer(
        readonly=True, aggregator=False, help="Everybody who ever was active, and the organiser.")
    depth = fields.Integer(string="Levels", readonly=True, aggregator=False, help="The organiser is level 1.")
    by_depth = fields.Json(string="Participants by Level", readonly=True)
    by_depth_text = fields.Char(string="By Level", compute='_compute_by_depth_text')
    edges_hash = fields.Char(
        string="Hash of the Tree", readonly=True,
        help="SHA-256 over the lines “id>id of the upline, or 0”, sorted by id and joined by newlines.")
    fingerprint = fields.Char(readonly=True, help="SHA-256 of all results; another one means that something changed.")
    alarm_level = fields.Integer(
        readonly=True, aggregator=False, help="0: none. 1: from 30 participants and 3 levels on. 2: from 120 on.")
    banner = fields.Text(compute='_compute_banner')

    # === COMPUTE METHODS === #

    @api.depends('alarm_level')
    @api.depends_context('lang')
    def _compute_banner(self):
        for run in self:
            run.banner = run._get_alarm_text()

    @api.depends('by_depth')
    def _compute_by_depth_text(self):
        for run in self:
            run.by_depth_text = " · ".join(f"{depth}: {count}" for depth, count in run.by_depth or [])

    # === ACTION METHODS === #

    @api.model
    def _cron_check(self):
        """Check each company that has distributors; record what changed, or the month."""
        companies = self.env['distribution.distributor']._read_group([], ['company_id'])
        self.env['ir.cron']._commit_progress(remaining=len(companies))
        for company, in companies:
            self._run(company)
            if not self.env['ir.cron']._commit_progress(1):
                break

    # === BUSINESS METHODS === #

    @api.model
    def _run(self, company, force=False):
        """Check a company and record it, if there is anything new to record.

        :param res.company company:
        :param bool force: Record in any case.
        :return: The run; empty when nothing changed.
        :rtype: distribution.policy.check.run
        """
        runs_sudo = self.sudo()
        last_sudo = runs_sudo.search([('company_id', '=', company.id)], limit=1)
        vals = runs_sudo._prepare_run(company.sudo(), last_sudo)
        month = fields.Datetime.now().strftime('%Y-%m')
        is_due = not last_sudo or last_sudo.checked_at.strftime('%Y-%m') != month
        if not (force or is_due or vals['fingerprint'] != last_sudo.fingerprint):
            return self.browse()
        run_sudo = runs_sudo.create(vals)
        if run_sudo.alarm_level > last_sudo.alarm_level:
            run_sudo._raise_alarm()
        return run_sudo.with_env(self.env)

    def _raise_alarm(self):
        """Give each administrator of the company a task. Called when a threshold is crossed, not each night."""
        self.ensure_one()
        for user in self.company_id._distribution_get_users('group_distribution_manager'):
            run = self.with_context(lang=user.lang)
            self.policy_id.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=run.env._("The network reached a threshold"),
                note=run._get_alarm_text(),
                user_id=user.id,
            )
        self.policy_id._message_log(body=self._get_alarm_text())

    # === GETTERS === #

    @api.model
    def _prepare_run(self, company, last):
        """Return the values of a run.

        :param res.company company:
        :param distribution.policy.check.run last: Its alarm stays while a loop hides the numbers.
        :rtype: dict
        """
        figures, results = self.env['distribution.policy.rule']._evaluate(company)
        policy = self.env['distribution.policy']._get_in_force(company)
        facts = {
            'policy_id': policy.id if policy._origin else False,
            'participants': figures.participants,
            'depth': figures.depth,
            'by_depth': figures.by_depth,
            'edges_hash': self.env['distribution.network']._get_edges_hash(company),
            'alarm_level': last.alarm_level if figures.loops else alarm_level(figures),
        }
        fingerprint = json.dumps([facts, results], sort_keys=True)
        return {
            **facts,
            'company_id': company.id,
            'fingerprint': hashlib.sha256(fingerprint.encode()).hexdigest(),
            'red_count': sum(state == 'red' for _rule, _severity, state, _evidence in results),
            'check_ids': [
                Command.create({'rule': rule, 'severity': severity, 'state': state, 'evidence': evidence})
                for rule, severity, state, evidence in results
            ],
        }

    def _get_alarm_text(self):
        """Return what a reader of the alarm has to know; empty without one. It judges nobody."""
        self.ensure_one()
        if not self.alarm_level:
            return False
        return self.env._(
            "Numbers reached a threshold used by police for opening cases (%(people)s people, %(levels)s levels incl. "
            "organiser). Check items R03 to R07: no pay for recruiting, none by team or head-count, no entry fee, "
            "no rank by recruits, no duty to recruit.",
            people=ALARM_PARTICIPANTS_SERIOUS if self.alarm_level > 1 else ALARM_PARTICIPANTS, levels=ALARM_DEPTH)


class DistributionPolicy(models.Model):
    _inherit = 'distribution.policy'

    check_run_ids = fields.One2many(
        comodel_name='distribution.policy.check.run', inverse_name='policy_id', string="Check Runs")
    banner = fields.Text(compute='_compute_banner')

    # === COMPUTE METHODS === #

    @api.depends('check_run_ids.alarm_level')
    @api.depends_context('lang')
    def _compute_banner(self):
        for policy in self:
            policy.banner = policy.check_run_ids.sorted('id')[-1:].banner      # of the last run

    # === ACTION METHODS === #

    def action_check(self):
        """Button: check the company of this policy now."""
        self.ensure_one()
        self.check_access('write')
        run = self.env['distribution.policy.check.run']._run(self.company_id, force=True)
        return {
            'type': 'ir.actions.act_window',
            'res_model': run._name,
            'view_mode': 'form',
            'res_id': run.id,
        }
