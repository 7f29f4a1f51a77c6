from odoo import api, fields, models
from odoo.tools import SQL

SEVERITIES = [
    ('block', "Blocks"),
    ('signoff', "Needs a sign-off"),
    ('alarm', "Alarm"),
    ('information', "Information"),
]
STATES = [
    ('red', "To look at"),
    ('unknown', "Unknown"),
    ('green', "Fulfilled"),
    ('not_applicable', "Not applicable"),
]


class DistributionPolicyCheck(models.Model):
    """What one rule found in one run, with the evidence.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.policy.check'
    _description = "Compliance Check"
    _inherit = ['distribution.append.only']
    _order = 'run_id desc, rule'
    _rec_name = 'rule'

    run_id = fields.Many2one(
        comodel_name='distribution.policy.check.run', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='run_id.company_id')
    policy_id = fields.Many2one(related='run_id.policy_id')
    checked_at = fields.Datetime(related='run_id.checked_at')
    rule = fields.Char(required=True, readonly=True)
    title = fields.Char(compute='_compute_title')
    severity = fields.Selection(selection=SEVERITIES, required=True, readonly=True)
    state = fields.Selection(selection=STATES, required=True, readonly=True, group_expand=True)
    evidence = fields.Json(readonly=True)
    evidence_text = fields.Text(string="Evidence in Words", compute='_compute_evidence_text')
    is_current = fields.Boolean(
        string="Of the Last Run", compute='_compute_is_current', search='_search_is_current')

    _rule_uniq = models.UniqueIndex('(run_id, rule)', "A rule is checked once in a run.")

    # === COMPUTE METHODS === #

    @api.depends('rule')
    @api.depends_context('lang')
    def _compute_title(self):
        rules = self.env['distribution.policy.rule']._get_rules()
        for check in self:
            check.title = rules[check.rule].title if check.rule in rules else check.rule

    @api.depends('evidence')
    @api.depends_context('lang')
    def _compute_evidence_text(self):
        labels = self.env['distribution.policy.rule']._get_evidence_labels()
        for check in self:
            check.evidence_text = "\n".join(
                f"{labels.get(key, key)}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
                for key, value in (check.evidence or {}).items())

    def _compute_is_current(self):
        current = self.search([('id', 'in', self.ids), ('is_current', '=', True)])
        for check in self:
            check.is_current = check in current

    def _search_is_current(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('run_id', 'in' if True in value else 'not in', SQL(
            """(
            SELECT DISTINCT ON (company_id) id
              FROM distribution_policy_check_run
          ORDER BY company_id, id DESC
            )"""))]
