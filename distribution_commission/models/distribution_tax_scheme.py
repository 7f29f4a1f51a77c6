from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tax import METHODS


class DistributionTaxScheme(models.Model):
    """How tax is withheld from payouts: a method, and its figures as dated tables.

    Schemes without a company are shared. What was used stays as it was: a change of the law is the
    next table, a change of the method another scheme.

    +------------------+-------------------------+------+-------+--------+--------+
    | group            | records                 | read | write | create | unlink |
    +==================+=========================+======+=======+========+========+
    | officer, finance | own companies', shared  | x    |       |        |        |
    | manager          | own companies', shared  | x    | x     | x      | unused |
    +------------------+-------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.scheme'
    _description = "Tax Scheme"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(comodel_name='res.company', index='btree_not_null', help="Empty: for all companies.")
    method = fields.Selection(selection='_selection_method', required=True, default='flat')
    country_id = fields.Many2one(comodel_name='res.country', index='btree_not_null')
    default_for = fields.Selection(
        selection=[
            ('individual', "Individuals"),
            ('platform', "Individuals paid by a platform enterprise"),
            ('nonresident', "Non-resident individuals"),
        ],
        help="Whom it applies to in companies of its country that say nothing else in their settings.",
    )
    table_ids = fields.One2many(comodel_name='distribution.tax.table', inverse_name='scheme_id', string="Figures")
    note = fields.Text(translate=True)

    _default_uniq = models.UniqueIndex(
        '(country_id, default_for, COALESCE(company_id, 0)) WHERE default_for IS NOT NULL AND active',
        "A country has one default for a kind of payee.")

    @api.model
    def _selection_method(self):
        return [(code, self._get_method_label(code, method)) for code, method in self._get_methods().items()]

    # === CONSTRAINT METHODS === #

    @api.constrains('default_for', 'country_id')
    def _check_default_for(self):
        if any(scheme.default_for and not scheme.country_id for scheme in self):
            raise ValidationError(self.env._("A default needs the country that it is the default of."))

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what payouts were taxed by."""
        if not {'method', 'company_id'}.isdisjoint(vals):
            self._check_unused()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        self._check_unused()

    # === BUSINESS METHODS === #

    def _explain(self, history, amount, day):
        """Return what is withheld from a payment, with everything it follows from.

        :param list[Month] history: See `distribution_commission/tax`.
        :param int amount: Gross, in minor units.
        :param date day: When it is paid.
        :return: The table in force, and the trace; both empty when the method asks for nothing.
        :rtype: tuple[distribution.tax.table, dict]
        """
        self.ensure_one()
        method = self._get_methods()[self.method]
        if self.method == 'none':
            return self.env['distribution.tax.table'], {}
        table = self._get_table(day)
        return table, table._explain(method, history, amount)

    # === GETTERS === #

    @api.model
    def _get_methods(self):
        """Return the methods by their codes. To be extended: a method is a class, see `tax/methods`.

        :rtype: dict[str, type]
        """
        return METHODS

    @api.model
    def _get_method_label(self, code, method):
        """Return the translated label of a method; one of another module brings its own."""
        return {
            'none': self.env._("No withholding"),
            'flat': self.env._("Percentage"),
            'labour': self.env._("China: labour remuneration, merged over the month"),
            'cumulative': self.env._("China: cumulative, of platform enterprises"),
            'nonresident': self.env._("China: labour remuneration of non-residents"),
        }.get(code, method.label)

    def _get_table(self, day):
        """Return the figures in force on a day.

        :rtype: distribution.tax.table
        :raise UserError: when there are none.
        """
        table = self._find_table(day)
        if not table:
            raise UserError(self.env._(
                "The tax scheme “%(scheme)s” has no figures for %(day)s. Add them before anything is paid.",
                scheme=self.name, day=fields.Date.to_string(day)))
        return table

    def _find_table(self, day):
        """Return the figures in force on a day, or none."""
        self.ensure_one()
        return self.sudo().table_ids.filtered(
            lambda table: table.valid_from <= day and (not table.valid_until or day < table.valid_until))

    def _check_unused(self):
        """:raise UserError: when a payout was taxed by one of these."""
        if self.env['distribution.payout'].sudo().search_count([('tax_scheme_id', 'in', self.ids)], limit=1):
            raise UserError(self.env._("Payouts were taxed by this scheme. Make another one, or the next table."))
