from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL

from ..tax import Month
from .distribution_payout import Deduction
from .distribution_transfer import to_minor

# In which a payout is income of its payee, or may become one.
_TAXED_STATES = ('draft', 'sent', 'done')


class DistributionPayout(models.Model):
    """The tax withheld from a payout: on the sum of what a payee gets in the calendar month.

    It is worked out when the payout is made, and once more when it is handed over; from then on it is
    fixed, because somebody was told the net amount. A payout that fails is no income: the next one of
    the month makes up for it.

    +---------------------------+------------------------------------------+
    | debit                     | credit                                   |
    +===========================+==========================================+
    | payable (partner), gross  | outstanding payments, net                |
    |                           | tax withheld                             |
    +---------------------------+------------------------------------------+

    In the ledger: reserved → paid (net), reserved → withheld (tax).
    """
    _inherit = 'distribution.payout'

    tax_scheme_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', readonly=True, copy=False, ondelete='restrict',
        index='btree_not_null')
    tax_table_id = fields.Many2one(
        comodel_name='distribution.tax.table', string="Tax Figures", readonly=True, copy=False, ondelete='restrict',
        index='btree_not_null')
    tax_day = fields.Date(
        readonly=True, copy=False, help="When it was taxed, in the company's time zone.")
    tax_month = fields.Date(
        readonly=True, copy=False, help="The first day of the month whose payouts are taxed together.")
    tax_amount = fields.Monetary(string="Tax Withheld", readonly=True, copy=False)
    tax_explanation = fields.Json(readonly=True, copy=False)
    tax_explanation_text = fields.Text(string="Tax Explained", compute='_compute_tax_explanation_text')

    _tax_month_idx = models.Index("(distributor_id, tax_month) WHERE state IN ('draft', 'sent', 'done')")
    _check_tax = models.Constraint(
        'CHECK (COALESCE(tax_amount, 0) >= 0 AND COALESCE(tax_amount, 0) <= amount)',
        "The tax is not negative and not more than the payout.")

    # === COMPUTE METHODS === #

    @api.depends('tax_amount')
    def _compute_net_amount(self):
        """Override of `distribution_commission`: the tax changes what is left."""
        super()._compute_net_amount()

    @api.depends('tax_explanation')
    def _compute_tax_explanation_text(self):
        for payout in self:
            payout.tax_explanation_text = "\n".join(payout._get_tax_explanation_lines())

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `distribution_commission` to work out the tax of each, one after the other."""
        payouts = super().create(vals_list)
        for payout in payouts:
            payout._set_tax()
        return payouts

    # === ACTION METHODS === #

    def action_set_tax(self):
        """Button: work the tax of a payout out anew, as long as nobody was told the net amount."""
        for payout in self.filtered(lambda payout: payout.state == 'draft'):
            payout._set_tax()

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Override of the mixin: the month in which money is handed over counts, and the net is told then."""
        has_moved = super()._update_state(allowed_states, target_state)
        if has_moved and target_state == 'sent':
            self._set_tax()
        elif has_moved and target_state == 'done':
            self._check_tax_account()
        return has_moved

    def _set_tax(self):
        """Work out the tax on all payouts of the month, and keep what this one adds, with the explanation."""
        self.ensure_one()
        distributor_sudo, company_sudo = self.sudo().distributor_id, self.sudo().company_id
        self._touch_payee()
        day = company_sudo._distribution_get_today()
        scheme_sudo = distributor_sudo._get_tax_scheme()
        table_sudo, trace = self.env['distribution.tax.table'], {}
        if scheme_sudo:
            table_sudo, trace = scheme_sudo._explain(
                self._get_tax_history(day), to_minor(self._get_tax_income(), self.currency_id), day)
            table_sudo._check_in_currency(company_sudo.currency_id)
        self.sudo().write({
            'tax_scheme_id': scheme_sudo.id,
            'tax_table_id': table_sudo.id,
            'tax_day': day,
            'tax_month': day.replace(day=1),
            'tax_amount': trace.get('tax', 0) / 10 ** self.currency_id.decimal_places,
            'tax_explanation': trace or False,
        })
        if self.currency_id.compare_amounts(self.net_amount, 0) < 0:
            raise UserError(self.env._("Nothing would be left of %s after the tax.", self.name))

    def _touch_payee(self):
        """Write the balance that every payout of the payee moves, as it is.

        Whoever works out a tax of the same payee at the same moment writes it, too: one of the two
        transactions fails and is tried again. A lock alone is not enough at REPEATABLE READ: the second
        one would go on without seeing the payout of the first, and use the allowance of the month again.
        """
        self.env['distribution.balance'].flush_model()
        self.env.execute_query(SQL(
            """
            UPDATE distribution_balance SET amount = amount
             WHERE distributor_id = %s AND bucket = 'reserved'
         RETURNING id
            """, self.distributor_id.id))

    # === GETTERS === #

    def _get_deductions(self):
        """Override of `distribution_commission` to keep the tax for the tax office."""
        deductions = super()._get_deductions()
        if self._is_taxed():
            deductions.append(Deduction(
                'withheld', 'tax', self.tax_amount, self.company_id.sudo().distribution_tax_account_id,
                self.env._("Tax withheld from %s", self.name)))
        return deductions

    def _check_tax_account(self):
        """Raise with the way to the settings when there is tax and nothing to book it on."""
        company_sudo = self.sudo().company_id
        if self._is_taxed() and not company_sudo.distribution_tax_account_id:
            raise RedirectWarning(
                self.env._(
                    "%s has no account for tax withheld yet. Set it in the settings of Distribution.",
                    company_sudo.name),
                self.env.ref('distribution_commission.res_config_settings_action').id,
                self.env._("Go to the settings"),
            )

    def _is_taxed(self):
        return not self.currency_id.is_zero(self.tax_amount)

    def _get_tax_income(self):
        """Hook: return what of this payout is income of the payee, in the company's currency."""
        return self.amount

    def _get_tax_history(self, day):
        """Return what the payee got from this company in the months of the year so far, without this payout.

        :rtype: list[Month]
        """
        months = {
            month.month: Month(to_minor(sum(payout._get_tax_income() for payout in payouts), self.currency_id),
                               to_minor(sum(payouts.mapped('tax_amount')), self.currency_id))
            for month, payouts in self.sudo()._get_taxed_payouts(day).grouped('tax_month').items()
        }
        return [months.get(number, Month()) for number in range(1, day.month + 1)]

    def _get_taxed_payouts(self, day):
        """Return the other payouts of the payee in the year up to the month of a day."""
        return self.search([
            ('distributor_id', '=', self.distributor_id.id),
            ('id', '!=', self.id),
            ('state', 'in', _TAXED_STATES),
            ('tax_month', '>=', day.replace(month=1, day=1)),
            ('tax_month', '<=', day.replace(day=1)),
        ])

    def _get_tax_explanation_lines(self):
        """Return how the tax came about, in plain words.

        :rtype: list[str]
        """
        self.ensure_one()
        trace = self.tax_explanation
        if not trace:
            return []
        format_amount = self._format_minor
        table_sudo = self.sudo().tax_table_id
        lines = [self.env._(
            "%(scheme)s; figures in force since %(day)s (%(law)s)", scheme=table_sudo.scheme_id.name,
            day=fields.Date.to_string(table_sudo.valid_from), law=table_sudo.source)]
        if trace['income'] != trace['amount'] or trace['before']:
            lines.append(self.env._(
                "Paid before in the period: %(income)s, of which withheld: %(tax)s",
                income=format_amount(trace['income'] - trace['amount']), tax=format_amount(trace['before'])))
        lines.append(self.env._(
            "With this payout: %(income)s, of which taxable: %(base)s",
            income=format_amount(trace['income']), base=format_amount(max(0, trace['due_base']))))
        if trace['table']['deduction']:
            lines.append(self.env._("Months that give a deduction: %s", trace['due_months']))
        lines.append(self.env._(
            "Tax on it: %(base)s × %(rate)s %% − %(quick)s = %(due)s",
            base=format_amount(max(0, trace['due_base'])), rate=f"{trace['due_rate_ppm'] / 10_000:g}",
            quick=format_amount(trace['due_quick']), due=format_amount(max(0, trace['due_tax']))))
        lines.append(self.env._("Withheld from this payout: %s", format_amount(trace['tax'])))
        return lines

    def _format_minor(self, amount):
        return self.currency_id.format(amount / 10 ** self.currency_id.decimal_places)
