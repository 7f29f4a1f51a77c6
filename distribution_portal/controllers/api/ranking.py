from odoo.http import request

from ..ranking import DistributionRankingPortal
from . import schema as s
from .base import DistributionApi
from .operation import operation
from .problem import Problem
from .values import day, money

RANKING = s.named('Ranking', s.obj(
    since=s.DATE,
    until=s.described(s.DATE, "The day after the last one."),
    takes_part=s.described(s.BOOLEAN, "Only then others see the user, by the alias."),
    places=s.described(s.list_of(s.obj(
        place=s.COUNT, name=s.STRING, is_own=s.BOOLEAN,
        sales=s.described(s.nullable(s.MONEY), "Where the company compares sales."),
        orders=s.described(s.nullable(s.COUNT), "Where it compares orders."),
    )), "The first ones, and the user's own."),
))


class DistributionRankingApi(DistributionApi, DistributionRankingPortal):

    # === ROUTES === #

    @operation('GET', '/ranking', RANKING, problems=(404,), query={
        'period': {'type': 'string', 'enum': ['current', 'previous'], 'default': 'current'}})
    def api_ranking(self, period):
        """Compare the user with those who take part; not found where the company has no ranking."""
        return self._api_read_ranking(self._api_get_distributor(), period == 'previous')

    @operation('PUT', '/ranking', RANKING, body=s.body(takes_part=s.BOOLEAN), problems=(404,))
    def api_ranking_replace(self, body):
        """Take part from now on, or not any more."""
        distributor = self._api_get_distributor()
        self._check_ranking(distributor)
        if body['takes_part'] and distributor.state != 'active':
            raise Problem(409, 'refused', request.env._("Only active distributors take part."))
        distributor.sudo()._set_ranking_consent(body['takes_part'])
        return self._api_read_ranking(distributor)

    # === READING === #

    def _api_read_ranking(self, distributor, previous=False):
        self._check_ranking(distributor)
        company_sudo = distributor.company_id.sudo()
        since, until = map(company_sudo._distribution_get_day, distributor._get_ranking_period(previous))
        by_sales = company_sudo.distribution_ranking == 'sales'
        return {
            'since': day(since),
            'until': day(until),
            'takes_part': bool(distributor.ranking_consent_at),
            'places': [{
                'place': row.place,
                'name': row.name,
                'is_own': row.is_own,
                'sales': money(row.value, distributor.currency_id) if by_sales else None,
                'orders': None if by_sales else int(row.value),
            } for row in distributor._get_ranking(previous)],
        }
