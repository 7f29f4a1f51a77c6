from odoo import api, fields, models, tools


class DistributionPlan(models.Model):
    """What a company pays its distributors, in versions: what was used is never edited.

    +-------------------------+-----------------+------+-------+--------+--------+
    | group                   | records         | read | write | create | unlink |
    +=========================+=================+======+=======+========+========+
    | officer, finance        | own companies'  | x    |       |        |        |
    | manager                 | own companies'  | x    | x     | x      | drafts |
    +-------------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.plan'
    _description = "Commission Plan"
    _inherit = ['mail.thread']
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    version_ids = fields.One2many(comodel_name='distribution.plan.version', inverse_name='plan_id')
    active_version_id = fields.Many2one(
        comodel_name='distribution.plan.version', compute='_compute_active_version_id')

    @api.depends('version_ids.state')
    def _compute_active_version_id(self):
        for plan in self:
            plan.active_version_id = plan.version_ids.filtered(lambda version: version.state == 'active')

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give each plan its first version to edit."""
        plans = super().create(vals_list)
        for plan in plans:
            if not plan.version_ids:
                plan.version_ids.create({'plan_id': plan.id})
        return plans

    @api.ondelete(at_uninstall=False)
    def _unlink_versions(self):
        """Delete the drafts with the plan; what was in force refuses."""
        self.version_ids.unlink()

    # === ACTION METHODS === #

    def action_new_version(self):
        """Open a draft that starts as a copy of the latest version."""
        self.ensure_one()
        latest = self._get_latest_version()
        draft = latest if latest.state == 'draft' else latest.copy({'plan_id': self.id})
        return draft.get_formview_action()

    # === GETTERS === #

    def _get_latest_version(self):
        self.ensure_one()
        return self.version_ids.search([('plan_id', '=', self.id)], limit=1)

    @api.model
    def _get_active_version_id(self, company_id, now=None):
        """Return the id of the version in force, or None. Costs no query: read at every confirmation.

        A version that was published beforehand is in force from its very moment, whenever the job that
        writes so comes along.

        :param int company_id:
        :param datetime|None now: The present moment if not given.
        """
        now = now or fields.Datetime.now()
        in_force = None
        for begin, version_id in self._get_schedule(company_id):
            if begin is None or begin <= now:
                in_force = version_id
        return in_force

    @api.model
    @tools.ormcache('company_id')
    def _get_schedule(self, company_id):
        """Return (begin, id) of the active version and the one that comes; the begin of the former is None."""
        versions_sudo = self.env['distribution.plan.version'].sudo().search([
            ('company_id', '=', company_id), ('state', 'in', ('active', 'approved'))])
        return tuple(
            (None if version.state == 'active' else version.effective_from, version.id)
            for version in versions_sudo.sorted(lambda version: (version.state == 'approved', version.effective_from))
        )
