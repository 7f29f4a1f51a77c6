from . import schema as s
from .base import DistributionApi
from .operation import operation
from .values import money, parse_day, time

MODEL = 'distribution.commission'
_PROPERTIES = {
    'id': s.ID,
    'order': s.described(s.STRING, "The number of the order."),
    'product': s.nullable(s.STRING),
    'role': s.selection(MODEL, 'role'),
    'is_by_ladder': s.BOOLEAN,
    'earned': s.MONEY,
    'base': s.described(s.MONEY, "Net of tax, discounts and refunds."),
    'status': s.selection(MODEL, 'status'),
    'created_at': s.TIME,
    'delivered_at': s.nullable(s.TIME),
    'matures_at': s.described(s.nullable(s.TIME), "When the time for returns is over; null before the delivery."),
}
COMMISSION = s.named('Commission', s.obj(**_PROPERTIES))
EXPLAINED = s.named('ExplainedCommission', s.obj(
    **_PROPERTIES, explanation=s.described(s.list_of(s.STRING), "How the amount came about, in plain words.")))
FILTERS = {
    'status': s.selection(MODEL, 'status'),
    'from': s.described(s.DAY_QUERY, "The first day on which it was earned."),
    'until': s.described(s.DAY_QUERY, "The first day after that."),
}


class DistributionCommissionApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/commissions', s.page_of(COMMISSION), query={**FILTERS, **s.PAGE_QUERY})
    def api_commissions(self, limit, offset, **filters):
        """List commissions, the latest first."""
        return self._api_list(MODEL, self._api_read_commission, limit, offset, self._api_get_commission_domain(filters))

    @operation('GET', '/commissions/{commission_id}', EXPLAINED)
    def api_commission(self, commission_id):
        """Explain a commission."""
        commission = self._api_find(MODEL, commission_id)
        return {**self._api_read_commission(commission), 'explanation': commission._get_explanation_lines()}

    # === READING === #

    def _api_get_commission_domain(self, filters):
        company_sudo = self._api_get_distributor().company_id.sudo()
        bounds = [
            ('created_at', comparison, company_sudo._distribution_get_beginning(parse_day(filters[name])))
            for name, comparison in (('from', '>='), ('until', '<')) if filters[name]
        ]
        return [*bounds, *([('status', '=', filters['status'])] if filters['status'] else [])]

    @staticmethod
    def _api_read_commission(commission):
        return {
            'id': commission.id,
            'order': commission.order_name,
            'product': commission.product_name or None,
            'role': commission.role,
            'is_by_ladder': commission.is_by_ladder,
            'earned': money(commission.earned_amount, commission.currency_id),
            'base': money(commission.base_amount, commission.currency_id),
            'status': commission.status,
            'created_at': time(commission.created_at),
            'delivered_at': time(commission.delivered_at),
            'matures_at': time(commission.available_on),
        }
