from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route

from .portal import DistributionPortal

_SHOWN_LINES = 200


class DistributionStatementPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        '/my/distribution/statements/<int:settlement_id>',
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_statement(self, settlement_id, **_kwargs):
        """Show a statement with its lines."""
        distributor = self._get_own_distributor()
        return self._render_statement(
            distributor, self._find_own('distribution.settlement', settlement_id, distributor))

    @route(
        '/my/distribution/statements/<int:settlement_id>/pdf', type='http', auth='user', website=True, readonly=True)
    def distribution_statement_pdf(self, settlement_id, **_kwargs):
        """Hand out a statement as PDF."""
        statement = self._find_own('distribution.settlement', settlement_id, self._get_own_distributor())
        return self._show_report(
            statement.sudo(), 'pdf', 'distribution_commission.action_report_settlement', download=True)

    @route(
        '/my/distribution/statements/<int:settlement_id>/xlsx', type='http', auth='user', website=True, readonly=True)
    def distribution_statement_xlsx(self, settlement_id, **_kwargs):
        """Hand out a statement as a spreadsheet."""
        statement = self._find_own('distribution.settlement', settlement_id, self._get_own_distributor())
        return request.make_response(statement._get_xlsx(), [
            ('Content-Type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
            ('Content-Disposition', content_disposition(f'{statement._get_file_name()}.xlsx')),
        ])

    @route(
        '/my/distribution/statements/<int:settlement_id>/invoice',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_statement_invoice(self, settlement_id, number='', amount='', **_kwargs):
        """Take number and amount of the invoice of a company or sole trader."""
        distributor = self._get_own_distributor()
        statement = self._find_own('distribution.settlement', settlement_id, distributor)
        try:
            statement.sudo()._hand_in_invoice(number, self._parse_invoice_amount(amount))
        except UserError as error:
            return self._render_statement(distributor, statement, number=number, amount=amount, error=error.args[0])
        return request.redirect(statement._get_portal_url())

    # === GETTERS === #

    @staticmethod
    def _parse_invoice_amount(text):
        try:
            return float(text)
        except ValueError:
            raise UserError(request.env._("Please enter an amount, e.g. 100.00.")) from None

    # === RENDERING === #

    def _render_statement(self, distributor, statement, **values):
        return self._render_distribution('distribution_portal.portal_distribution_statement', distributor, {
            'statement': statement,
            'lines': request.env['distribution.settlement.line'].search(
                [('settlement_id', '=', statement.id)], limit=_SHOWN_LINES),
            'shown_lines': _SHOWN_LINES,
            'distribution_page': 'statements',
            **values,
        })
