from . import schema as s
from .base import DistributionApi
from .operation import PREFIX, operation
from .values import day, money

MODEL = 'distribution.tax.slip'
_FILE = {'type': 'string', 'format': 'binary'}
_PROPERTIES = {
    'id': s.ID,
    'year': s.COUNT,
    'income': s.MONEY,
    'tax': s.described(s.MONEY, "Withheld."),
    'net': s.MONEY,
    'payouts': s.COUNT,
}
SLIP = s.named('TaxSlip', s.obj(**_PROPERTIES))
DETAILED = s.named('DetailedTaxSlip', s.obj(
    **_PROPERTIES,
    identity=s.described(s.obj(code=s.STRING, name=s.STRING, number=s.STRING), "Masked."),
    lines=s.list_of(s.obj(
        number=s.STRING, date=s.nullable(s.DATE), income=s.MONEY, tax=s.MONEY, net=s.MONEY,
        explanation=s.described(s.list_of(s.STRING), "How the tax came about."))),
    settlement=s.described(
        s.nullable(s.obj(tax=s.MONEY, balance=s.described(s.MONEY, "Below zero: to claim back."))),
        "What would be settled for the year if this were the only income of it."),
    pdf_url=s.STRING,
))


class DistributionTaxApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/tax-slips', s.page_of(SLIP), query=s.PAGE_QUERY)
    def api_tax_slips(self, limit, offset):
        """List the years in which the user was paid."""
        return self._api_list(MODEL, self._api_read_slip, limit, offset)

    @operation('GET', '/tax-slips/{slip_id}', DETAILED)
    def api_tax_slip(self, slip_id):
        """Show a year: every payout with its tax, and how it came about."""
        slip = self._api_find(MODEL, slip_id)
        settlement = slip._get_annual_settlement()
        return {
            **self._api_read_slip(slip),
            'identity': slip._get_identity(),
            'lines': [self._api_read_payout(line, slip.currency_id) for line in slip._get_payout_lines()],
            'settlement': {
                'tax': money(settlement[0], slip.currency_id), 'balance': money(settlement[1], slip.currency_id),
            } if settlement else None,
            'pdf_url': f'{PREFIX}/tax-slips/{slip.id}/pdf',
        }

    @operation('GET', '/tax-slips/{slip_id}/pdf', _FILE, media='application/pdf', readonly=False)
    def api_tax_slip_pdf(self, slip_id):
        """Hand over the certificate of a year."""
        return self._show_report(
            self._api_find(MODEL, slip_id), 'pdf', 'distribution_commission.distribution_tax_slip_action_report',
            download=True)

    # === READING === #

    @staticmethod
    def _api_read_slip(slip):
        currency = slip.currency_id
        return {
            'id': slip.id,
            'year': slip.year,
            'income': money(slip.amount, currency),
            'tax': money(slip.tax_amount, currency),
            'net': money(slip.net_amount, currency),
            'payouts': slip.payout_count,
        }

    @staticmethod
    def _api_read_payout(line, currency):
        return {
            'number': line['name'],
            'date': day(line['day']),
            'income': money(line['amount'], currency),
            'tax': money(line['tax_amount'], currency),
            'net': money(line['net_amount'], currency),
            'explanation': line['explanation_lines'] or [],
        }
