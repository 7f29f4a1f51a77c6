from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionRiskSignal(models.Model):
    """What a risk check found about a distributor, and how a person judged it.

    While a signal is open, appealed or confirmed, its score counts; from the policy's `risk_hold_score`
    on, money of the distributor is held: it goes on to be earned, but is not settled and not paid out.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | own companies'   | x    | x     |        |        |
    | portal           | its own          | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.risk.signal'
    _description = "Risk Signal"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _rec_name = 'check_id'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    check_id = fields.Many2one(
        comodel_name='distribution.risk.check', required=True, readonly=True, index=True, ondelete='restrict')
    key = fields.Char(required=True, readonly=True, groups='distribution_core.group_distribution_user')
    facts = fields.Json(readonly=True, groups='distribution_core.group_distribution_user')
    explanation = fields.Char(compute='_compute_explanation', groups='distribution_core.group_distribution_user')
    score = fields.Integer(readonly=True)
    state = fields.Selection(
        selection=[
            ('open', "To review"),
            ('appealed', "Appealed"),
            ('confirmed', "Confirmed"),
            ('dismissed', "Dismissed"),
        ],
        required=True,
        readonly=True,
        default='open',
        tracking=True,
    )
    appeal = fields.Text(readonly=True, help="What the distributor says about it.")
    judged_by_id = fields.Many2one(comodel_name='res.users', readonly=True)
    judged_at = fields.Datetime(readonly=True)

    _case_uniq = models.UniqueIndex('(check_id, distributor_id, key)', "This case is signalled already.")

    # === COMPUTE METHODS === #

    @api.depends('facts')
    def _compute_explanation(self):
        labels = self._get_fact_labels()
        for signal in self:
            signal.explanation = ", ".join(
                f"{labels.get(name, name)}: {value}" for name, value in (signal.facts or {}).items())

    # === ACTION METHODS === #

    def action_confirm(self):
        """Button: the suspicion is right. The money stays held until somebody dismisses it or closes the case."""
        self._judge('confirmed')

    def action_dismiss(self):
        """Button: nothing is wrong. The same case is not signalled again."""
        self._judge('dismissed')

    # === BUSINESS METHODS === #

    def _record(self, check, cases):
        """Keep the cases that are new.

        :param distribution.risk.check check:
        :param list[dict] cases: See `distribution.risk.check`.
        :rtype: distribution.risk.signal
        """
        known = {
            (signal.distributor_id.id, signal.key) for signal in self.search([('check_id', '=', check.id)])
        }
        return self.create([
            {**case, 'check_id': check.id, 'score': check.score}
            for case in cases if (case['distributor_id'], case['key']) not in known
        ])

    def _appeal(self, text):
        """Keep what the distributor says; a person looks at the case again.

        :param str text:
        :raise UserError: when the case is not open for it, or nothing is said.
        """
        self.ensure_one()
        if self.state not in ('open', 'confirmed'):
            raise UserError(self.env._("There is nothing to appeal against."))
        if not text.strip():
            raise UserError(self.env._("Say in a few words why this is not right."))
        self.write({'state': 'appealed', 'appeal': text.strip()})

    def _judge(self, state):
        judging = self.filtered(lambda signal: signal.state != state)
        judging.write({'state': state, 'judged_by_id': self.env.uid, 'judged_at': fields.Datetime.now()})
        for distributor, signals in judging.grouped('distributor_id').items():
            if any(signal.appeal for signal in signals):
                distributor._inform(
                    self.env._("Your appeal"),
                    self.env._("We have looked at it again and what was held is released.")
                    if state == 'dismissed' else self.env._("We have looked at it again. The review stands."))

    # === GETTERS === #

    @api.model
    def _get_fact_labels(self):
        """Hook: return what the facts of the checks are called."""
        return {
            'applications': self.env._("applications"),
            'buyers': self.env._("buyers"),
            'orders': self.env._("orders"),
            'sales': self.env._("sales in the window"),
            'usual': self.env._("usual in such a window"),
            'percent': self.env._("refunded, in percent"),
            'other': self.env._("other distributor (ID)"),
            'distributors': self.env._("distributors"),
        }

    @api.model
    def _get_held(self, distributors):
        """Return those of the distributors whose money is held.

        :param distribution.distributor distributors:
        :rtype: distribution.distributor
        """
        scores = dict(self.sudo()._read_group(
            [('distributor_id', 'in', distributors.ids), ('state', '!=', 'dismissed')],
            ['distributor_id'], ['score:sum']))
        doubtful = distributors.filtered(scores.get)        # a limit is above zero
        policies_sudo = self.env['distribution.policy'].sudo()
        limits = {company: policies_sudo._get_in_force(company).risk_hold_score for company in doubtful.company_id}
        return doubtful.filtered(
            lambda distributor: scores[distributor] >= limits[distributor.company_id])
