from odoo import fields, models


class DistributionPlanBand(models.Model):
    """One band of a rule: from its lower bound up to the next one's, which is not included.

    Bands hold no upper bound, so that there can be neither a gap between two of them nor an overlap.

    +-------------------------+-----------------+------+-------+--------+--------+
    | group                   | records         | read | write | create | unlink |
    +=========================+=================+======+=======+========+========+
    | officer, finance        | own companies'  | x    |       |        |        |
    | manager                 | own companies'  | x    | x     | x      | x      |
    +-------------------------+-----------------+------+-------+--------+--------+

    Of a version in force nobody changes any, as with the rules themselves.
    """
    _name = 'distribution.plan.band'
    _description = "Commission Band"
    _inherit = ['distribution.plan.part']
    _order = 'rule_id, lower_amount, lower_quantity, id'

    rule_id = fields.Many2one(
        comodel_name='distribution.plan.rule', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='rule_id.company_id')
    currency_id = fields.Many2one(related='rule_id.currency_id')
    lower_amount = fields.Monetary(
        string="From Amount", default=0.0,
        help="Of what the rule pays on in one order, net of tax, discounts and refunds.")
    lower_quantity = fields.Float(
        string="From Quantity", digits=(16, 3), default=0.0,
        help="Of what the rule pays on in one order, less returns.")
    rate = fields.Float(string="Rate (%)", digits=(7, 4))

    _check_rate = models.Constraint('CHECK (rate BETWEEN 0 AND 100)', "A rate must be between 0 % and 100 %.")
    _check_lower = models.Constraint(
        'CHECK (lower_amount >= 0 AND lower_quantity >= 0)', "A band cannot begin below zero.")

    def _get_version(self):
        return self.rule_id.version_id
