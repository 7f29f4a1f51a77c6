from odoo.http import content_disposition, request

from . import schema as s
from .base import DistributionApi
from .operation import PREFIX, operation
from .values import day, money, money_or_none, parse_amount, time

MODEL, LINE = 'distribution.settlement', 'distribution.settlement.line'
XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
_FILE = {'type': 'string', 'format': 'binary'}
_PROPERTIES = {
    'id': s.ID,
    'number': s.STRING,
    'date': s.DATE,
    'from': s.nullable(s.DATE),
    'until': s.described(s.nullable(s.DATE), "The first day after the period."),
    'state': s.selection(MODEL, 'state'),
    'commissions': s.MONEY,
    'carried': s.described(s.MONEY, "Taken back since the last statement, or brought forward."),
    'due': s.MONEY,
}
STATEMENT = s.named('Statement', s.obj(**_PROPERTIES))
DETAILED = s.named('DetailedStatement', s.obj(
    **_PROPERTIES,
    invoice=s.described(
        s.nullable(s.obj(number=s.nullable(s.STRING), expected=s.described(s.MONEY, "Taxes included."))),
        "Of a statement that waits for the invoice of a company or sole trader."),
    pdf_url=s.described(s.STRING, "To be fetched with the token."),
    xlsx_url=s.STRING,
))
LINES = s.named('StatementLine', s.obj(
    commission_id=s.ID, kind=s.selection(LINE, 'kind'), posted_at=s.TIME, order=s.STRING, product=s.nullable(s.STRING),
    base=s.nullable(s.MONEY), adjusted=s.nullable(s.MONEY), amount=s.MONEY))
SHOWN = [('state', 'in', ('billed', 'posted'))]


class DistributionStatementApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/statements', s.page_of(STATEMENT), query=s.PAGE_QUERY)
    def api_statements(self, limit, offset):
        """List statements, also those that wait for an invoice."""
        return self._api_list(MODEL, self._api_read_statement, limit, offset, SHOWN)

    @operation('GET', '/statements/{statement_id}', DETAILED)
    def api_statement(self, statement_id):
        """Show a statement."""
        return self._api_read_detailed_statement(self._api_find_statement(statement_id))

    @operation('GET', '/statements/{statement_id}/lines', s.page_of(LINES), query=s.PAGE_QUERY)
    def api_statement_lines(self, statement_id, limit, offset):
        """List what a statement consists of."""
        statement = self._api_find_statement(statement_id)
        return self._api_list(
            LINE, self._api_read_statement_line, limit, offset, [('settlement_id', '=', statement.id)])

    @operation('GET', '/statements/{statement_id}/pdf', _FILE, media='application/pdf')
    def api_statement_pdf(self, statement_id):
        """Hand out a statement as PDF."""
        statement = self._api_find_statement(statement_id)
        return self._show_report(
            statement.sudo(), 'pdf', 'distribution_commission.action_report_settlement', download=True)

    @operation('GET', '/statements/{statement_id}/xlsx', _FILE, media=XLSX)
    def api_statement_xlsx(self, statement_id):
        """Hand out a statement as a spreadsheet."""
        statement = self._api_find_statement(statement_id)
        return request.make_response(statement._get_xlsx(), [
            ('Content-Type', XLSX), ('Content-Disposition', content_disposition(f'{statement._get_file_name()}.xlsx'))])

    @operation(
        'POST', '/statements/{statement_id}/invoice', DETAILED,
        body=s.body(number=s.text(60), amount=s.SENT_AMOUNT))
    def api_statement_invoice(self, statement_id, body):
        """Hand in number and amount of the invoice for a statement."""
        statement = self._api_find_statement(statement_id)
        statement.sudo()._hand_in_invoice(body['number'], parse_amount(body['amount']))
        return self._api_read_detailed_statement(statement)

    # === READING === #

    def _api_find_statement(self, statement_id):
        statement = self._api_find(MODEL, statement_id)
        return statement.filtered_domain(SHOWN) or self._api_find(MODEL, 0)

    @staticmethod
    def _api_read_statement(statement):
        currency = statement.currency_id
        return {
            'id': statement.id,
            'number': statement.name,
            'date': day(statement.date),
            'from': day(statement.period_start),
            'until': day(statement.period_end),
            'state': statement.state,
            'commissions': money(statement.amount, currency),
            'carried': money(statement.carried_amount, currency),
            'due': money(statement.due_amount, currency),
        }

    def _api_read_detailed_statement(self, statement):
        url = f'{PREFIX}/statements/{statement.id}'
        return {
            **self._api_read_statement(statement),
            'invoice': {
                'number': statement.invoice_number or None,
                'expected': money(statement.expected_amount, statement.currency_id),
            } if statement.state == 'billed' else None,
            'pdf_url': f'{url}/pdf',
            'xlsx_url': f'{url}/xlsx',
        }

    @staticmethod
    def _api_read_statement_line(line):
        currency = line.currency_id
        return {
            'commission_id': line.commission_id.id,
            'kind': line.kind,
            'posted_at': time(line.posted_at),
            'order': line.order_name,
            'product': line.product_name or None,
            'base': money_or_none(line.base_amount, currency),
            'adjusted': money_or_none(line.adjusted_amount, currency),
            'amount': money(line.amount, currency),
        }
