from odoo import fields, models

from ..models.distribution_transfer import to_minor
from ..tax import PPM, Month


class DistributionTaxExport(models.TransientModel):
    """The withholding return of a month: everybody who was paid, also where no tax was due.

    The columns are those of the Chinese form 个人所得税扣缴申报表 that commissions fill (no. 1 to 10, 22, 33 to
    36, 38 to 40); elsewhere they are a list for the accountant. To be filed by the 15th of the next month.
    """
    _inherit = 'distribution.tax.export'

    kind = fields.Selection(
        selection_add=[('declaration', "Withholding return of a month")],
        ondelete={'declaration': 'cascade'}, default='declaration')

    # === GETTERS === #

    def _get_table(self):
        """Override to answer for a month."""
        if self.kind != 'declaration':
            return super()._get_table()
        return self._get_declaration_headers(), *self._get_declaration_rows()

    def _get_declaration_headers(self):
        return [
            self.env._("No."),
            self.env._("Name"),
            self.env._("Document"),
            self.env._("Document number"),
            self.env._("Taxpayer number"),
            self.env._("Non-resident"),
            self.env._("Income item"),
            self.env._("Income"),
            self.env._("Expenses"),
            self.env._("Exempt income"),
            self.env._("Cumulative income"),
            self.env._("Taxable income"),
            self.env._("Rate (%)"),
            self.env._("Quick deduction"),
            self.env._("Tax due"),
            self.env._("Withheld before"),
            self.env._("Withheld in the month"),
            self.env._("To pay or claim back"),
            self.env._("Remarks"),
        ]

    def _get_declaration_rows(self):
        """Return the rows of the month, by the code of the distributor, and what to look at.

        :rtype: tuple[list[list], list[str]]
        """
        month, _until = self._get_period()
        by_payee = self.env['distribution.tax.report'].search([
            ('company_id', '=', self.company_id.id),
            ('month', '>=', month.replace(month=1)),
            ('month', '<=', month),
        ]).grouped('distributor_id')
        payees = {
            distributor: reports for distributor, reports in by_payee.items()
            if any(report.month == month and (distributor.kind == 'individual' or report.tax_amount)
                   for report in reports)
        }
        distributors = self.env['distribution.distributor'].union(*payees).sorted('code')
        persons, remarks = self._get_persons(distributors)
        tables = self._get_last_tables(distributors, month)
        rows = []
        for distributor in distributors:
            facts = self._get_declared_facts(payees[distributor], month, tables.get(distributor.id))
            rows.append([len(rows) + 1, *self._get_declared_person(distributor, persons), *facts, distributor.code])
        return rows, remarks + self._get_remarks_under_way(month)

    def _get_declared_person(self, distributor, persons):
        name, document, number = persons.get(distributor.id, ('', '', ''))
        return [
            name, document, number, number,
            self.env._("No") if distributor.is_tax_resident else self.env._("Yes"),
            self.env._("Labour remuneration"),
        ]

    def _get_declared_facts(self, reports, month, table):
        """Return the amounts of a payee, the tax worked out anew on what was really paid.

        :param distribution.tax.report reports: Of the year.
        :param distribution.tax.table|None table: The one of the last payout of the month.
        """
        months = self._get_declared_months(reports, month)
        current, minor = months[-1], 10 ** self.currency_id.decimal_places
        if not table:
            return [current.income / minor, 0.0, 0.0, sum(past.income for past in months) / minor, 0.0, '0', 0.0, 0.0,
                    0.0, current.withheld / minor, 0.0 - current.withheld / minor]
        method, kernel = table.scheme_id._get_methods()[table.method], table._to_kernel()
        due = method.due(kernel, months if method.period == 'year' else months[-1:])
        before = sum(past.withheld for past in months[:-1]) if method.period == 'year' else 0
        rest = max(0, due.tax - before) - current.withheld
        return [
            current.income / minor, self._get_expenses(kernel, current.income) / minor, 0.0,
            sum(past.income for past in months) / minor, max(0, due.base) / minor, f'{due.rate_ppm / 10_000:g}',
            due.quick / minor, max(0, due.tax) / minor, before / minor, current.withheld / minor, rest / minor,
        ]

    def _get_declared_months(self, reports, month):
        """Return the months of the year as the kernel takes them, the declared one last."""
        months = {
            report.month.month: Month(
                to_minor(report.amount, self.currency_id), to_minor(report.tax_amount, self.currency_id))
            for report in reports
        }
        return [months.get(number, Month()) for number in range(1, month.month + 1)]

    def _get_expenses(self, kernel, income):
        if income <= kernel.expense_fixed_until:
            return kernel.expense_fixed
        return income * kernel.expense_ppm // PPM

    def _get_last_tables(self, distributors, month):
        payouts = self.env['distribution.payout'].search([
            ('distributor_id', 'in', distributors.ids), ('tax_month', '=', month), ('state', '=', 'done'),
            ('tax_table_id', '!=', False),
        ], order='id')
        return {payout.distributor_id.id: payout.tax_table_id for payout in payouts}

    def _get_remarks_under_way(self, month):
        count = self.env['distribution.payout'].search_count([
            ('company_id', '=', self.company_id.id), ('tax_month', '=', month), ('state', '=', 'sent')])
        if not count:
            return []
        return [self.env._("Payouts of the month that are under way, and not in this file: %s", count)]
