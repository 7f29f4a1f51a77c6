import base64
import csv
import hashlib
import io

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

_XLSX_WIDTH = 18
_FORMULA = ('=', '+', '-', '@', '\t', '\r')


class DistributionTaxExport(models.TransientModel):
    """Write a return for the tax office into a file, and log who took it out, when and why.

    Without names and numbers in clear it is for checking. With them it is for administrators; every
    name and number that is shown stands in the privacy log, and the file is kept encrypted until it is
    downloaded. Another return is a kind, and overrides of `_get_table` and `_get_months` guarded by it.

    +---------+---------+------+-------+--------+--------+
    | group   | records | read | write | create | unlink |
    +=========+=========+======+=======+========+========+
    | finance | own     | x    | x     | x      | x      |
    +---------+---------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.export'
    _description = "Tax Export"

    company_id = fields.Many2one(comodel_name='res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    kind = fields.Selection(selection=[], required=True)
    day = fields.Date(
        string="A Day of the Period",
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), months=1),
        help="Any day of the month, or of the quarter.",
    )
    format = fields.Selection(
        selection=[('xlsx', "Excel (XLSX)"), ('csv', "CSV")], required=True, default='xlsx')
    in_clear = fields.Boolean(
        string="Names and Numbers in Clear", help="For administrators only. Each one that is shown is logged.")
    reason = fields.Char(help="Kept in the log.")
    content = fields.Text(readonly=True, groups=fields.NO_ACCESS)
    file = fields.Binary(compute='_compute_file')
    filename = fields.Char(readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)
    remarks = fields.Text(readonly=True)

    # === COMPUTE METHODS === #

    @api.depends('content', 'in_clear')
    def _compute_file(self):
        for export in self:
            export.file = export._get_file()

    # === ACTION METHODS === #

    def action_export(self):
        """Button: build the file, log it, and show it with its hash."""
        self.ensure_one()
        self._check_may_export()
        headers, rows, remarks = self._get_table()
        data = self._write_xlsx(headers, rows) if self.format == 'xlsx' else self._write_csv(headers, rows)
        digest = hashlib.sha256(data).hexdigest()
        self.env['distribution.export.log'].sudo().create(self._prepare_log(len(rows), digest))
        self._set_file(base64.b64encode(data).decode())
        period_from, _until = self._get_period()
        self.write({
            'filename': f"{self.kind}_{period_from:%Y%m}.{self.format}",
            'sha256': digest,
            'remarks': "\n".join(remarks),
        })
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': self.id,
            'target': 'new',
        }

    # === BUSINESS METHODS === #

    def _set_file(self, text):
        """Keep the file until it is downloaded: encrypted when there is personal data in clear in it."""
        if self.in_clear:
            keyring, place = self._get_keyring_and_place()
            text = keyring.encrypt(text, place)
        self.sudo().content = text

    # === GETTERS === #

    def _check_may_export(self):
        """:raise AccessError: for who may not see personal data in clear."""
        self.check_access('write')
        self.company_id.check_access('read')
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("This is not one of your companies."))
        if not self.in_clear:
            return
        if not self.env.user.has_group('distribution_core.group_distribution_manager'):
            raise AccessError(self.env._("Only an administrator may take names and numbers out in clear."))
        if not (self.reason or '').strip():
            raise UserError(self.env._("Say why: it is kept in the log."))

    def _get_table(self):
        """Return headers, rows, and what whoever files it has to look at. To be extended, guarded by the kind.

        Values are texts, ints, or floats that are amounts of money.

        :rtype: tuple[list[str], list[list], list[str]]
        """
        self.ensure_one()
        return [], [], []

    def _get_months(self):
        """Return how many months a period has. To be extended, guarded by the kind."""
        return 1

    def _get_period(self):
        """Return the period as days [from, until).

        :rtype: tuple[date, date]
        """
        months = self._get_months()
        first = self.day.replace(day=1, month=(self.day.month - 1) // months * months + 1)
        return first, fields.Date.add(first, months=months)

    def _get_period_utc(self):
        """Return the moments, in UTC, between which the period lies in the company's time zone.

        :rtype: tuple[datetime, datetime]
        """
        return tuple(self.company_id._distribution_get_beginning(day) for day in self._get_period())

    def _get_persons(self, distributors):
        """Return name, kind of document and number of each, in clear or masked, and who is not verified.

        :rtype: tuple[dict[int, tuple[str, str, str]], list[str]]
        """
        identities = self.env['distribution.identity'].search([('distributor_id', 'in', distributors.ids)])
        kinds = dict(identities._fields['document_type']._description_selection(self.env))
        persons = {
            identity.distributor_id.id: (
                self._show(identity, 'real_name'), kinds[identity.document_type], self._show(identity, 'number'))
            for identity in identities
        }
        verified = identities.filtered('verified_at').distributor_id
        missing = (distributors - verified).sorted('code').mapped('code')
        return persons, [
            self.env._("Without a verified identity: %s", ", ".join(missing))] if missing else []

    def _show(self, record, name):
        """Return a secret of a record in clear, which is logged, or masked."""
        if not self.in_clear:
            return record[f'{name}_masked'] or ''
        return record._reveal(name, self.reason) if record.sudo()[f'{name}_encrypted'] else ''

    def _get_file(self):
        content = self.sudo().content
        if not content or not self.in_clear:
            return content
        keyring, place = self._get_keyring_and_place()
        return keyring.decrypt(content, place)

    def _get_keyring_and_place(self):
        return self.env['distribution.secret.mixin']._get_keyring(), f'{self._name}.content:{self.id}'

    def _prepare_log(self, count, digest):
        from_at, until_at = self._get_period_utc()
        kind = dict(self._fields['kind']._description_selection(self.env))[self.kind]
        clear = self.env._("names and numbers in clear") if self.in_clear else self.env._("masked")
        return {
            'company_id': self.company_id.id,
            'authority': self.env._("Tax office"),
            'reason': f"{kind} ({clear}). {self.reason or ''}".strip(),
            'from_at': from_at,
            'until_at': until_at,
            'user_id': self.env.uid,
            'sha256': digest,
            'counts': {self.kind: count},
        }

    # === FILES === #

    def _write_csv(self, headers, rows):
        """Return the rows as CSV that spreadsheets read as text, never as formulas."""
        decimals = self.currency_id.decimal_places
        output = io.StringIO()
        writer = csv.writer(output, quoting=csv.QUOTE_ALL)
        writer.writerow(headers)
        for row in rows:
            writer.writerow([
                f'{value:.{decimals}f}' if isinstance(value, float) else _defuse(str(value)) for value in row])
        return output.getvalue().encode('utf-8-sig')

    def _write_xlsx(self, headers, rows):
        import xlsxwriter
        output = io.BytesIO()
        workbook = xlsxwriter.Workbook(output, {'in_memory': True})
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({'bold': True, 'text_wrap': True})
        money = workbook.add_format({'num_format': '#,##0.' + '0' * self.currency_id.decimal_places})
        sheet.set_column(0, len(headers) - 1, _XLSX_WIDTH)
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, float):
                    sheet.write_number(number, column, value, money)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, value)
        workbook.close()
        return output.getvalue()


def _defuse(text):
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
