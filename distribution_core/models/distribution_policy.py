from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..attribution import Policy

# No policy goes beyond this: three paid tiers are the numeric half of what the police in China open
# cases for, and no market needs more.
PAID_TIERS_CEILING = 3
# Columns of a policy, and what the pure package `attribution` calls them.
ATTRIBUTION_COLUMNS = {
    'attribution_model': 'model',
    'touch_window_days': 'window_days',
    'binding_mode': 'binding_mode',
    'binding_days': 'binding_days',
    'protection_days': 'protection_days',
    'takeover_days': 'takeover_days',
}


class DistributionPolicy(models.Model):
    """The bounds that no plan of a company may leave, and how its orders are attributed.

    The latest policy that has begun is in force. Sources of the bounds: the 2013 joint opinion on
    counting levels (tiers), the regulation on direct selling, article 24 (30 %), and the consumer
    protection law, article 25 (seven days of return). How versions follow each other, and when one is
    frozen: `distribution_policy_version.py`.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | manager | own companies'  | x    | x     | x      |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.policy'
    _description = "Distribution Policy"
    _inherit = ['mail.thread']
    _order = 'valid_from desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, default=lambda self: self.env._("China, strict"))
    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    valid_from = fields.Date(required=True, default='2000-01-01', tracking=True)
    max_paid_tiers = fields.Integer(
        string="Paid Tiers",
        required=True,
        default=2,
        tracking=True,
        help="How many distributors one order line may pay: the seller is tier 1, its upline tier 2.",
    )
    max_commission_rate = fields.Float(
        string="Highest Commission (%)",
        digits=(7, 4),
        required=True,
        default=30.0,
        tracking=True,
        help="All commissions on a line together, in percent of its net amount.",
    )
    return_window_days = fields.Integer(
        string="Return Window (days)",
        required=True,
        default=7,
        tracking=True,
    )
    hold_days = fields.Integer(
        string="Hold (days)",
        required=True,
        default=7,
        tracking=True,
        help="Days from delivery until a commission becomes available; not shorter than the return window.",
    )
    attribution_model = fields.Selection(
        selection=[('last', "Last touch"), ('first', "First touch")],
        required=True,
        default='last',
        tracking=True,
    )
    touch_window_days = fields.Integer(
        string="Touch Window (days)",
        required=True,
        default=30,
        tracking=True,
        help="How long a visit through a referral link counts.",
    )
    min_age = fields.Integer(
        string="Lowest Age",
        required=True,
        default=18,
        tracking=True,
        help="How old a person must be for its identity to be verified.",
    )
    retention_years = fields.Integer(
        string="Retention (years)",
        required=True,
        default=10,
        tracking=True,
        help="How long the identity of a person who was paid is kept after the last payout, as tax law asks.",
    )

    binding_mode = fields.Selection(
        selection=[
            ('none', "No binding: each order stands for itself"),
            ('first', "First: keeps the customer"),
            ('last', "Last: wins the customer"),
            ('new', "First, and only new customers can be won"),
            ('expiring', "First, for a time since the last order"),
        ],
        required=True,
        default='none',
        tracking=True,
        help="Whose customer somebody is after an order was credited. A change is for orders and bindings to "
             "come; bindings that are there keep their terms.",
    )
    binding_days = fields.Integer(
        string="Binding Lasts (days)",
        required=True,
        default=180,
        tracking=True,
    )
    protection_days = fields.Integer(
        string="Protection (days)",
        required=True,
        default=0,
        tracking=True,
        help="For so long after a binding began nobody else can win the customer.",
    )
    takeover_days = fields.Integer(
        string="Free after (days without an order)",
        required=True,
        default=0,
        tracking=True,
        help="A customer who has not bought for so long can be won by others. 0: never.",
    )

    risk_hold_score = fields.Integer(
        string="Hold from a Risk Score of",
        required=True,
        default=60,
        tracking=True,
        help="Money of a distributor is held while the signals that nobody has dismissed add up to this score.",
    )

    notice_days = fields.Integer(
        string="Notice (days)",
        required=True,
        default=7,
        tracking=True,
        help="From the publication of a new agreement or new commission rules until they are in force.",
    )
    max_network_depth = fields.Integer(
        string="Network Depth",
        required=True,
        default=0,
        tracking=True,
        help="The longest chain, counting the company as level 1 and a distributor without upline as level 2. "
             "0: no bound.",
    )
    application_user_id = fields.Many2one(
        comodel_name='res.users',
        string="Responsible for Applications",
        index='btree_not_null',
        help="Is asked to look at every application. Empty: the first officer.",
    )
    auto_approve = fields.Boolean(
        string="Approve Automatically",
        tracking=True,
        help="An application of which all the chosen facts hold is approved without an officer.",
    )
    auto_approve_verified = fields.Boolean(string="E-mail verified", default=True, tracking=True)
    auto_approve_returning = fields.Boolean(string="Has a confirmed order", tracking=True)
    auto_approve_invited = fields.Boolean(string="Invited by an active distributor", tracking=True)

    _check_notice_days = models.Constraint(
        'CHECK (notice_days >= 0)', "The notice cannot be negative.")
    _check_max_network_depth = models.Constraint(
        'CHECK (max_network_depth = 0 OR max_network_depth >= 2)',
        "The company is level 1: the network is 2 deep at least. 0 sets no bound.",
    )
    _check_auto_approve = models.Constraint(
        'CHECK (NOT auto_approve OR auto_approve_verified OR auto_approve_returning OR auto_approve_invited)',
        "Choose at least one fact that an application must fulfil to be approved automatically.",
    )
    _check_max_paid_tiers = models.Constraint(
        f'CHECK (max_paid_tiers BETWEEN 1 AND {PAID_TIERS_CEILING})',
        "One to three tiers can be paid; no setting goes beyond three.",
    )
    _check_max_commission_rate = models.Constraint(
        'CHECK (max_commission_rate > 0 AND max_commission_rate <= 100)',
        "The highest commission must be above 0 % and not above 100 %.",
    )
    _check_hold_days = models.Constraint(
        'CHECK (return_window_days >= 0 AND hold_days >= return_window_days)',
        "The hold cannot be shorter than the return window.",
    )
    _check_touch_window_days = models.Constraint(
        'CHECK (touch_window_days > 0)',
        "The touch window must be at least one day.",
    )
    _check_binding_days = models.Constraint(
        'CHECK (binding_days > 0 AND protection_days >= 0 AND takeover_days >= 0)',
        "A binding must last at least one day; protection and waiting time cannot be negative.",
    )
    _check_risk_hold_score = models.Constraint(
        'CHECK (risk_hold_score > 0)', "The risk score from which money is held must be above zero.")
    _check_min_age = models.Constraint(
        'CHECK (min_age BETWEEN 18 AND 99)',
        "Distributors are adults: the lowest age is at least 18.",
    )
    _check_retention_years = models.Constraint(
        'CHECK (retention_years BETWEEN 1 AND 50)',
        "The retention is between 1 and 50 years.",
    )
    _in_force_idx = models.Index('(company_id, valid_from)')

    # === CONSTRAINT METHODS === #

    @api.constrains('valid_from', 'company_id')
    def _check_valid_from_is_unique(self):
        for policy in self:
            if self.search_count([
                ('company_id', '=', policy.company_id.id),
                ('valid_from', '=', policy.valid_from),
                ('id', '!=', policy.id),
            ], limit=1):
                raise ValidationError(self.env._("Another policy of this company begins on %s.", policy.valid_from))

    # === GETTERS === #

    @api.model
    def _to_attribution_policy(self, values):
        """Return what the pure package `attribution` must know of a policy.

        :param distribution.policy|dict values: A record, or a row with `ATTRIBUTION_COLUMNS`.
        :rtype: attribution.Policy
        """
        return Policy(**{name: values[column] for column, name in ATTRIBUTION_COLUMNS.items()})

    @api.model
    def _get_in_force(self, company, on=None):
        """Return the policy in force, never a draft; the defaults as an unsaved record when there is none.

        :param res.company company:
        :param date|None on: Today if not given.
        :rtype: distribution.policy
        """
        return self.search([
            ('company_id', '=', company.id),
            ('is_draft', '=', False),
            ('valid_from', '<=', on or fields.Date.context_today(self)),
        ], limit=1) or self.new({'company_id': company.id})
