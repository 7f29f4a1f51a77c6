import io

import xlsxwriter

from odoo import api, fields, models
from odoo.tools import format_date

_TOLD_AT_ONCE = 100


class DistributionSettlement(models.Model):
    """How a statement reaches its distributor: mail with a link, page, PDF and spreadsheet."""
    _inherit = 'distribution.settlement'

    # === ACTION METHODS === #

    def action_export_xlsx(self):
        """Button: the statement as a spreadsheet."""
        self.ensure_one()
        attachment = self.env['ir.attachment'].create({
            'name': f"{self._get_file_name()}.xlsx",
            'raw': self._get_xlsx(),
            'mimetype': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        })
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{attachment.id}?download=true', 'target': 'self'}

    # === BUSINESS METHODS === #

    @api.model
    def _tell_next(self, limit=_TOLD_AT_ONCE):
        """Mail the next distributors that a statement is there, each in its language.

        One that waits for the distributor's invoice is mailed in any case, the others to who wants it.

        :return: How many statements were dealt with.
        :rtype: int
        """
        statements = self.search([('state', 'in', ('billed', 'posted')), ('told_at', '=', False)], order='id', limit=limit)
        template = self.env.ref('distribution_commission.mail_template_settlement', raise_if_not_found=False)
        wanting = statements.distributor_id._filter_wanting('settlement')
        for statement in statements if template else ():
            is_wanted = statement.state == 'billed' or statement.distributor_id in wanting
            if is_wanted and statement.distributor_id.partner_id.email:
                template.send_mail(statement.id)
        statements._set_told()
        return len(statements)

    def _set_told(self):
        """Remember that these were dealt with. Hook for other ways to tell."""
        self.write({'told_at': fields.Datetime.now()})

    # === GETTERS === #

    def _get_file_name(self):
        self.ensure_one()
        return self.name.replace('/', '-')

    def _get_report_base_filename(self):
        """Return the name under which the portal hands out the PDF."""
        return self._get_file_name()

    def _get_period_text(self):
        """Return the days of the period in words, or the day of a statement without one."""
        self.ensure_one()
        if not self.period_start:
            return format_date(self.env, self.date)
        return f"{format_date(self.env, self.period_start)} – {format_date(self.env, self.period_last)}"

    def _get_xlsx(self):
        """Return the statement with its lines as a spreadsheet.

        :rtype: bytes
        """
        self.ensure_one()
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {'in_memory': True, 'strings_to_formulas': False}) as workbook:
            sheet = workbook.add_worksheet()
            bold = workbook.add_format({'bold': True})
            money = workbook.add_format({'num_format': f"#,##0.{'0' * self.currency_id.decimal_places}".rstrip('.')})
            rows = [
                *([title, value] for title, value in self._get_summary()), [],
                self._get_columns(), *self._get_rows(),
            ]
            title_row = len(rows) - len(self.line_ids) - 1
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    is_title = number == title_row or (number < title_row and column == 0)
                    sheet.write(number, column, value, bold if is_title else money if isinstance(value, float) else None)
            sheet.set_column(0, 7, 18)
        return output.getvalue()

    def _get_summary(self):
        """Return (title, value) of what stands above the lines."""
        return [
            (self.env._("Statement"), self.name),
            (self.env._("Period"), self._get_period_text()),
            (self.env._("Distributor"), self.distributor_id.display_name),
            (self.env._("Currency"), self.currency_id.name),
            (self.env._("Commissions"), self.amount),
            (self.env._("Debt Brought Forward"), self.carried_amount),
            (self.env._("To Be Paid"), self.due_amount),
        ]

    def _get_columns(self):
        return [
            self.env._("Date"), self.env._("Order"), self.env._("Product"), self.env._("Tier"), self.env._("Base"),
            self.env._("Rate (%)"), self.env._("Of It, Adjustments"), self.env._("Amount"),
        ]

    def _get_rows(self):
        return [
            [
                format_date(self.env, fields.Datetime.context_timestamp(self, line.posted_at)), line.order_name,
                line.product_name or '', line.tier, line.base_amount or 0.0, line.rate or '',
                line.adjusted_amount or 0.0, line.amount,
            ]
            for line in self.line_ids
        ]
