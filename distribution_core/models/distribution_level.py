from odoo import api, fields, models
from odoo.tools import SQL

# All that may decide about a level: what the distributor sold itself, how that came back, how long it
# has been there and what it has learned. Nothing that others did, nothing that it bought or paid. The
# regulation on the prohibition of pyramid selling, article 7, is the reason; a test holds the list.
QUALIFICATION_FIELDS = (
    'window_days', 'min_sales', 'min_orders', 'max_return_rate', 'min_tenure_days', 'needs_training',
)


class DistributionLevel(models.Model):
    """A rank of distributors; plans may pay levels differently. Later in the list is higher.

    +--------------+-----------------------+------+-------+--------+--------+
    | group        | records               | read | write | create | unlink |
    +==============+=======================+======+=======+========+========+
    | officer      | own companies' + all  | x    |       |        |        |
    | manager      | own companies' + all  | x    | x     | x      | x      |
    | portal       | own companies' + all  | x    |       |        |        |
    +--------------+-----------------------+------+-------+--------+--------+
    """
    _name = 'distribution.level'
    _description = "Distributor Level"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="The later in the list, the higher the level.")
    color = fields.Integer()
    description = fields.Text(help="What this level means, in words for the distributor.", translate=True)
    company_id = fields.Many2one(
        comodel_name='res.company',
        index=True,
        default=lambda self: self.env.company,
        help="Empty: this level serves all companies.",
    )
    currency_id = fields.Many2one(comodel_name='res.currency', compute='_compute_currency_id')

    # Benefits.
    benefits = fields.Text(
        translate=True, help="What comes with this level: tools, service, early access. For the distributor.")

    pricelist_id = fields.Many2one(
        comodel_name='product.pricelist',
        check_company=True,
        index='btree_not_null',
        ondelete='restrict',
        help="At these prices an active distributor of this level buys, unless its contact has a pricelist of its own.",
    )

    # Qualification: see QUALIFICATION_FIELDS before adding anything.
    is_automatic = fields.Boolean(
        string="Given by the Level Run",
        help="Who meets all conditions gets this level in the nightly run. Without, only people give it.")
    window_days = fields.Integer(
        string="Window (days)", required=True, default=90,
        help="How far back sales, orders and returns count, by the day an order was confirmed.")
    min_sales = fields.Monetary(
        string="Own Net Sales", help="Invoiced less refunded, untaxed, of the orders credited to the distributor itself.")
    min_orders = fields.Integer(
        string="Own Orders", help="Own orders of which something is invoiced and not refunded.")
    max_return_rate = fields.Float(
        string="Highest Return Rate (%)", digits=(5, 2), required=True, default=100.0,
        help="Refunded in percent of invoiced, untaxed. 100: any.")
    min_tenure_days = fields.Integer(string="Tenure (days)", help="Days since the distributor first became active.")
    needs_training = fields.Boolean(string="Training Done")

    # Demotion.
    allows_demotion = fields.Boolean(
        string="Can Be Lost", default=True, help="The nightly run takes the level from who fails its conditions.")
    grace_days = fields.Integer(
        string="Grace (days)", default=30,
        help="How many days in a row the conditions must fail before the level is lost. 0: at once.")

    _check_window = models.Constraint('CHECK (window_days > 0)', "The window is at least one day.")
    _check_minimums = models.Constraint(
        'CHECK (COALESCE(min_sales, 0) >= 0 AND COALESCE(min_orders, 0) >= 0'
        ' AND COALESCE(min_tenure_days, 0) >= 0 AND COALESCE(grace_days, 0) >= 0)',
        "The conditions of a level cannot be below zero.",
    )
    _check_max_return_rate = models.Constraint(
        'CHECK (max_return_rate BETWEEN 0 AND 100)', "A return rate lies between 0 % and 100 %.")
    _check_currency = models.Constraint(
        'CHECK (company_id IS NOT NULL OR COALESCE(min_sales, 0) = 0)',
        "A level that asks for sales belongs to one company: amounts do not travel between currencies.",
    )

    # === COMPUTE METHODS === #

    @api.depends('company_id.currency_id')
    @api.depends_context('company')
    def _compute_currency_id(self):
        for level in self:
            level.currency_id = (level.company_id or self.env.company).currency_id

    # === GETTERS === #

    @api.model
    def _get_ladder_sql(self, company):
        """Return the levels of a company with their rank, the highest number on top; archived ones
        keep their place, but are neither given nor taken.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT id, row_number() OVER (ORDER BY sequence, id) AS rank,
                   (active AND is_automatic) AS is_automatic, allows_demotion, COALESCE(grace_days, 0) AS grace_days,
                   window_days, COALESCE(min_sales, 0) AS min_sales, COALESCE(min_orders, 0) AS min_orders,
                   max_return_rate, COALESCE(min_tenure_days, 0) AS min_tenure_days,
                   COALESCE(needs_training, FALSE) AS needs_training
              FROM distribution_level
             WHERE company_id = %s OR company_id IS NULL
            """, company.id)

    @api.model
    def _explain(self, facts, company, only_failing=False):
        """Return in words what a run measured beside what the level asked for.

        :param dict facts: As kept with the movement and in the history.
        :param res.company company: In whose currency the amounts are.
        :param bool only_failing: Leave out what holds.
        :rtype: str
        """
        sentences = self._get_sentences(facts, company.currency_id.format) if facts else []
        return "; ".join(text for holds, text in sentences if not (only_failing and holds)) or self.env._(
            "The level asks for nothing.")

    @api.model
    def _get_sentences(self, facts, money):
        """Return each condition that a level asked for: whether it held, and in words."""
        required, _ = facts['required'], self.env._
        texts = []
        if asked := required['min_sales']:
            texts.append((facts['sales'] >= asked, self.env._(
                "own net sales in %(days)s days: %(fact)s of %(asked)s",
                days=facts['window_days'], fact=money(facts['sales']), asked=money(asked))))
        if asked := required['min_orders']:
            texts.append((facts['orders'] >= asked, self.env._(
                "own orders in %(days)s days: %(fact)s of %(asked)s",
                days=facts['window_days'], fact=facts['orders'], asked=asked)))
        if (asked := required['max_return_rate']) is not None and asked < 100:
            texts.append((facts['refunded'] * 100 <= asked * (facts['sales'] + facts['refunded']), self.env._(
                "return rate: %(fact)s %%, at most %(asked)s %%", fact=facts['return_rate'], asked=asked)))
        if asked := required['min_tenure_days']:
            texts.append((facts['tenure_days'] >= asked, self.env._(
                "days active: %(fact)s of %(asked)s", fact=facts['tenure_days'], asked=asked)))
        if required['needs_training']:
            texts.append((
                facts['trained'],
                self.env._("training done") if facts['trained'] else self.env._("training not done")))
        return texts
