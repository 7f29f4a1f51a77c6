from odoo import api, fields, models

from ..tax import PPM, get_quick_deductions
from .distribution_transfer import to_minor


class DistributionTaxBracket(models.Model):
    """The rate of what lies above an amount of the base, up to the next bracket.

    Brackets hold no upper bound, so that there can be neither a gap between two of them nor an
    overlap; and their quick deduction follows from them.

    +------------------+-------------------------+------+-------+--------+--------+
    | group            | records                 | read | write | create | unlink |
    +==================+=========================+======+=======+========+========+
    | officer, finance | own companies', shared  | x    |       |        |        |
    | manager          | own companies', shared  | x    | x     | x      | unused |
    +------------------+-------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.bracket'
    _description = "Tax Bracket"
    _order = 'table_id, above'

    table_id = fields.Many2one(comodel_name='distribution.tax.table', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='table_id.company_id', store=True, index='btree_not_null')
    currency_id = fields.Many2one(related='table_id.currency_id')
    above = fields.Monetary(help="The rate is for what lies above this much of the base.")
    rate = fields.Float(string="Rate (%)", digits=(7, 4))
    quick_deduction = fields.Monetary(compute='_compute_quick_deduction')

    _above_uniq = models.UniqueIndex('(table_id, above)', "Two brackets begin at the same amount.")
    _check_figures = models.Constraint(
        'CHECK (above >= 0 AND rate >= 0 AND rate < 100)',
        "A bracket does not begin below zero, and its rate is from 0 % to below 100 %.")

    # === COMPUTE METHODS === #

    @api.depends('above', 'rate', 'table_id.bracket_ids.above', 'table_id.bracket_ids.rate')
    def _compute_quick_deduction(self):
        for table in self.table_id:
            brackets = table.bracket_ids.sorted('above')
            currency = table.currency_id or self.env.company.currency_id
            quicks = get_quick_deductions([
                (to_minor(bracket.above, currency), round(bracket.rate * 10_000)) for bracket in brackets])
            for bracket, quick in zip(brackets, quicks, strict=True):
                bracket.quick_deduction = quick / PPM / 10 ** currency.decimal_places
        for bracket in self - self.table_id.bracket_ids:
            bracket.quick_deduction = 0

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A used table gets no further bracket."""
        self.env['distribution.tax.table'].browse({vals['table_id'] for vals in vals_list})._check_unused()
        brackets = super().create(vals_list)
        brackets.table_id._check_brackets()
        return brackets

    def write(self, vals):
        self.table_id._check_unused()
        res = super().write(vals)
        self.table_id._check_unused()
        self.table_id._check_brackets()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        self.table_id._check_unused()
