from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionPolicySignoff(models.Model):
    """A person's decision to take a risk that a policy would otherwise refuse.

    Append-only. Who, when and the text that was read are filled in by the model, so that nobody signs
    in another's name.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | manager | own companies'  | x    |       | own    |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.policy.signoff'
    _description = "Sign-off"
    _inherit = ['distribution.append.only']
    _order = 'id desc'
    _rec_name = 'rule'

    policy_id = fields.Many2one(
        comodel_name='distribution.policy', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='policy_id.company_id')
    rule = fields.Selection(
        selection=[('R02', "R02: second tier"), ('R08', "R08: commission above 30 %")], required=True)
    bound = fields.Float(
        string="Signed for", digits=(7, 4), readonly=True, help="The paid tiers, or the highest commission in percent.")
    user_id = fields.Many2one(comodel_name='res.users', string="Signed by", readonly=True, ondelete='restrict')
    signed_at = fields.Datetime(string="Signed on", readonly=True)
    risk_text = fields.Text(
        string="Risk", readonly=True, default=lambda self: self._get_risk_text(self.env.context.get('default_rule')),
        help="What the person read and signed.")
    reason = fields.Char()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        signoffs = super().create([self._prepare_signoff(vals) for vals in vals_list])
        for signoff in signoffs:
            signoff.policy_id._message_log(body=self.env._(
                "%(user)s signed %(rule)s. %(reason)s",
                user=signoff.user_id.name, rule=signoff.rule, reason=signoff.reason or ""))
        signoffs.policy_id.invalidate_recordset(['signoff_ids', 'tier2_signed_by_id', 'tier2_signed_at'])
        return signoffs

    # === GETTERS === #

    def _prepare_signoff(self, vals):
        policy = self.env['distribution.policy'].browse(vals['policy_id'])
        if vals['rule'] == 'R08' and policy.author_id == self.env.user:
            raise UserError(self.env._("You set this bound yourself. Somebody else has to sign for it."))
        return {
            'policy_id': policy.id,
            'rule': vals['rule'],
            'reason': vals.get('reason'),
            'bound': policy.max_commission_rate if vals['rule'] == 'R08' else policy.max_paid_tiers,
            'user_id': self.env.uid,
            'signed_at': fields.Datetime.now(),
            'risk_text': self._get_risk_text(vals['rule']),
        }

    def _find_second_person(self, rule, bound, author):
        """Return the sign-offs by somebody else that cover a bound.

        :param str rule:
        :param float bound:
        :param res.users author: Who set the bound.
        :rtype: distribution.policy.signoff
        """
        return self.filtered(lambda signoff: (
            signoff.rule == rule and signoff.bound >= bound and signoff.user_id != author))

    @api.model
    def _get_risk_text(self, rule):
        """Return what a person who signs a rule has to read.

        :param str|None rule:
        """
        return {
            'R02': self.env._(
                "Paying uplines by the sales of those they introduced has been fined as pyramid selling, even with "
                "two tiers and few people. Your name and this moment are recorded as the decision to allow it."),
            'R08': self.env._(
                "Commissions above 30 % of the net amount are beyond the benchmark of the regulation on direct "
                "selling (article 24) and beyond what payment services usually let through. Your name, this moment "
                "and the percentage are recorded as the decision to allow it."),
        }.get(rule, "")


class DistributionPolicy(models.Model):
    _inherit = 'distribution.policy'

    signoff_ids = fields.One2many(
        comodel_name='distribution.policy.signoff', inverse_name='policy_id', string="Sign-offs")
    tier2_signed_by_id = fields.Many2one(
        comodel_name='res.users', string="Second Tier Signed by", compute='_compute_tier2_signed')
    tier2_signed_at = fields.Datetime(string="Second Tier Signed on", compute='_compute_tier2_signed')

    # === COMPUTE METHODS === #

    @api.depends('signoff_ids.rule')
    def _compute_tier2_signed(self):
        for policy in self:
            first = policy.signoff_ids.filtered(lambda signoff: signoff.rule == 'R02').sorted('id')[:1]
            policy.tier2_signed_by_id = first.user_id
            policy.tier2_signed_at = first.signed_at

    # === ACTION METHODS === #

    def action_sign_tier2(self):
        """Record who decided that uplines are paid, and when."""
        self.env['distribution.policy.signoff'].create([{'policy_id': policy.id, 'rule': 'R02'} for policy in self])

    def action_open_signoff(self):
        """Button: show the risk of the rule in the context, ask for the reason, and sign."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_policy_signoff_action_new'),
            'context': {'default_policy_id': self.id, 'default_rule': self.env.context.get('signoff_rule', 'R02')},
        }
