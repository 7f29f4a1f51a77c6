from odoo import api, fields, models
from odoo.exceptions import ValidationError

# No policy goes beyond this: three paid tiers are the numeric half of what the police in China open
# cases for, and no market needs more.
PAID_TIERS_CEILING = 3


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
