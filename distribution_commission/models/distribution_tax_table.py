from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tax import Bracket, Table, explain
from .distribution_transfer import to_minor

_PPM_OF_PERCENT = 10_000
# What may still be written once a payout was taxed by a table.
_FREE = {'valid_until'}


class DistributionTaxTable(models.Model):
    """The figures of a tax scheme in [from, until), with the source they were taken from.

    +------------------+-------------------------+------+-------+--------+--------+
    | group            | records                 | read | write | create | unlink |
    +==================+=========================+======+=======+========+========+
    | officer, finance | own companies', shared  | x    |       |        |        |
    | manager          | own companies', shared  | x    | x     | x      | unused |
    +------------------+-------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.table'
    _description = "Figures of a Tax Scheme"
    _order = 'scheme_id, valid_from desc'

    scheme_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='scheme_id.company_id', store=True, index='btree_not_null')
    method = fields.Selection(related='scheme_id.method')
    valid_from = fields.Date(required=True, default=fields.Date.context_today)
    valid_until = fields.Date(help="The first day on which it is no longer in force. Empty: until further notice.")
    source = fields.Char(required=True, help="The law or announcement that the figures were taken from.")
    currency_id = fields.Many2one(
        comodel_name='res.currency', help="Of the amounts. Amounts of the law are never converted: "
        "a company with another currency needs another scheme. Empty: the table holds rates only.")
    expense_rate = fields.Float(
        string="Expenses (%)", digits=(7, 4), help="The share of the income that is not taxed.")
    expense_fixed = fields.Monetary(string="Expenses of Small Incomes")
    expense_fixed_until = fields.Monetary(
        string="Incomes up to", help="Incomes up to this amount deduct the fixed expenses instead of the share.")
    deduction = fields.Monetary(string="Deduction a Month")
    gap_policy = fields.Selection(
        selection=[
            ('from_first', "Every month from the first income on"),
            ('reset', "The months since the last one without income"),
            ('paid_months', "The months with income"),
        ],
        string="Counted Months",
        required=True,
        default='from_first',
        help="Which months give a deduction when there was no income in between. The announcement says “consecutive”; "
             "have your accountant confirm the reading of your tax office.",
    )
    bracket_ids = fields.One2many(
        comodel_name='distribution.tax.bracket', inverse_name='table_id', string="Brackets", copy=True)
    is_used = fields.Boolean(compute='_compute_is_used')

    _check_period = models.Constraint(
        'CHECK (valid_until IS NULL OR valid_from < valid_until)', "The period ends after it begins.")
    _check_figures = models.Constraint(
        'CHECK (expense_rate BETWEEN 0 AND 100 AND COALESCE(expense_fixed, 0) >= 0'
        ' AND COALESCE(expense_fixed_until, 0) >= COALESCE(expense_fixed, 0) AND COALESCE(deduction, 0) >= 0)',
        "Expenses are between 0 % and 100 %; amounts are not negative, and fixed expenses not above the income.")
    _check_currency = models.Constraint(
        'CHECK (currency_id IS NOT NULL OR (COALESCE(expense_fixed_until, 0) = 0 AND COALESCE(deduction, 0) = 0))',
        "Amounts need a currency.")

    # === COMPUTE METHODS === #

    @api.depends('scheme_id.name', 'valid_from')
    def _compute_display_name(self):
        for table in self:
            table.display_name = f"{table.scheme_id.name} {fields.Date.to_string(table.valid_from) or ''}"

    def _compute_is_used(self):
        used = self._get_last_days()
        for table in self:
            table.is_used = table._origin.id in used

    # === CONSTRAINT METHODS === #

    @api.constrains('scheme_id', 'valid_from', 'valid_until')
    def _check_overlap(self):
        for scheme in self.scheme_id:
            tables = scheme.table_ids.sorted('valid_from')
            for table, following in pairwise(tables):
                if not table.valid_until or table.valid_until > following.valid_from:
                    raise ValidationError(self.env._(
                        "Two tables of “%(scheme)s” are in force on %(day)s. End the former one first.",
                        scheme=scheme.name, day=fields.Date.to_string(following.valid_from)))

    @api.constrains('scheme_id', 'bracket_ids', 'currency_id')
    def _check_brackets(self):
        for table in self:
            brackets = table.bracket_ids.sorted('above')
            if not brackets or brackets[0].above:
                raise ValidationError(self.env._("The first bracket begins at 0."))
            if brackets[1:] and not table.currency_id:
                raise ValidationError(self.env._("Amounts need a currency."))

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what payouts were taxed by; only its end can come, after the last of them."""
        if vals.keys() - _FREE:
            self._check_unused()
        res = super().write(vals)
        if 'valid_until' in vals:
            self._check_ends_after_use()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        self._check_unused()

    # === BUSINESS METHODS === #

    def _explain(self, method, history, amount):
        """Return what a method withholds from a payment by these figures; see `tax.explain`.

        :rtype: dict
        """
        return explain(method, self._to_kernel(), history, amount)

    # === GETTERS === #

    def _to_kernel(self):
        """Return the figures as the kernel takes them.

        :rtype: Table
        """
        self.ensure_one()
        currency = self.currency_id or self.env.company.currency_id
        return Table(
            tuple(
                Bracket(to_minor(bracket.above, currency), _to_ppm(bracket.rate))
                for bracket in self.bracket_ids.sorted('above')),
            _to_ppm(self.expense_rate),
            to_minor(self.expense_fixed, currency),
            to_minor(self.expense_fixed_until, currency),
            to_minor(self.deduction, currency),
            self.gap_policy,
        )

    def _check_in_currency(self, currency):
        """:raise UserError: when the amounts are in another currency; they are never converted."""
        if self.currency_id and self.currency_id != currency:
            raise UserError(self.env._(
                "The figures of “%(table)s” are in %(own)s, and the company pays in %(other)s. "
                "Choose another tax scheme in the settings.",
                table=self.display_name, own=self.currency_id.name, other=currency.name))

    def _get_last_days(self):
        """Return the last day on which each of these was used; nothing for those that were not."""
        return {
            table.id: day for table, day in self.env['distribution.payout'].sudo()._read_group(
                [('tax_table_id', 'in', self.ids)], ['tax_table_id'], ['tax_day:max'])
        }

    def _check_unused(self):
        """:raise UserError: when a payout was taxed by one of these."""
        if self._get_last_days():
            raise UserError(self.env._(
                "Payouts were taxed by these figures, so they stay as they are. End them and add the next table."))

    def _check_ends_after_use(self):
        last_days = self._get_last_days()
        for table in self:
            if table.valid_until and table.id in last_days and table.valid_until <= last_days[table.id]:
                raise UserError(self.env._(
                    "A payout of %s was taxed by these figures; they cannot end before it.",
                    fields.Date.to_string(last_days[table.id])))


def _to_ppm(percent):
    """Return a percentage of the database (four decimals) in parts per million."""
    return round(percent * _PPM_OF_PERCENT)
