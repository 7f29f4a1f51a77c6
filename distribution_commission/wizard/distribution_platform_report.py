from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.distribution_core.crypto import mask_phone


class DistributionTaxExport(models.TransientModel):
    """The report of a platform enterprise on a quarter: who earned how much, to be filed in the month after it.

    Sources: State Council order 810 (in force since 2025-06-20) and STA announcement 2025 no. 15. The income is
    what the ledger credited in the quarter, in the company's time zone, less what it took back.
    """
    _inherit = 'distribution.tax.export'

    kind = fields.Selection(
        selection_add=[('platform', "Platform report of a quarter")], ondelete={'platform': 'cascade'})

    # === GETTERS === #

    def _get_table(self):
        """Override to answer for a quarter."""
        if self.kind != 'platform':
            return super()._get_table()
        return self._get_platform_headers(), *self._get_platform_rows()

    def _get_months(self):
        """Override: a quarter."""
        return 3 if self.kind == 'platform' else super()._get_months()

    def _get_platform_headers(self):
        return [
            self.env._("Period"),
            self.env._("Person type"),
            self.env._("Name"),
            self.env._("Document"),
            self.env._("Document number"),
            self.env._("Phone"),
            self.env._("Name on the platform"),
            self.env._("Account"),
            self.env._("Income type"),
            self.env._("Gross income"),
            self.env._("Refunded"),
            self.env._("Net income"), self.env._("Currency"), self.env._("Orders"),
        ]

    def _get_platform_rows(self):
        """Return the rows of the quarter, by the code of the distributor, and what to look at.

        :rtype: tuple[list[list], list[str]]
        """
        incomes = {row['distributor_id']: row for row in self._get_incomes()}
        distributors = self.env['distribution.distributor'].search([('id', 'in', list(incomes))], order='code')
        persons, remarks = self._get_persons(distributors)
        accounts = self._get_accounts(distributors)
        kinds = dict(distributors._fields['kind']._description_selection(self.env))
        period_from, _until = self._get_period()
        rows = []
        for distributor in distributors:
            income, phone = incomes[distributor.id], distributor.partner_id.phone or ''
            rows.append([
                f'{period_from.year}-Q{(period_from.month + 2) // 3}',
                kinds[distributor.kind],
                *persons.get(distributor.id, ('', '', '')),
                phone if self.in_clear else mask_phone(phone),
                distributor.alias or distributor.code,
                accounts.get(distributor.id, ''),
                self.env._("Commission"),
                float(income['gross']),
                float(income['refunded']),
                self.currency_id.round(income['gross'] - income['refunded']),
                self.currency_id.name,
                income['orders'],
            ])
        return rows, remarks

    def _get_incomes(self):
        from_at, until_at = self._get_period_utc()
        self.env['distribution.transfer'].flush_model()
        return self.env.execute_query_dict(SQL(
            """
            SELECT t.distributor_id,
                   COALESCE(SUM(t.amount) FILTER (WHERE t.source = 'merchant'), 0) AS gross,
                   COALESCE(SUM(t.amount) FILTER (WHERE t.destination = 'merchant'), 0) AS refunded,
                   COUNT(DISTINCT c.attribution_id) FILTER (WHERE t.source = 'merchant') AS orders
              FROM distribution_transfer t
              JOIN distribution_commission c ON c.id = t.commission_id
             WHERE t.company_id = %s AND t.posted_at >= %s AND t.posted_at < %s
               AND 'merchant' IN (t.source, t.destination)
          GROUP BY t.distributor_id
            """, self.company_id.id, from_at, until_at))

    def _get_accounts(self, distributors):
        """Return the account that each is paid to: the verified one, or the last."""
        accounts = self.env['distribution.payee.account'].search(
            [('distributor_id', 'in', distributors.ids)], order='verified_at NULLS FIRST, id')
        last = {account.distributor_id.id: account for account in accounts}
        return {
            distributor_id: f"{account.bank_name or ''} {self._show(account, 'number')}".strip()
            for distributor_id, account in last.items()
        }
