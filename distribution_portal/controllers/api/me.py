from odoo.http import content_disposition, request

from ..membership import DistributionMembershipPortal
from . import schema as s
from .base import DistributionApi
from .operation import operation
from .problem import Problem
from .values import day, money, time

DISTRIBUTOR = 'distribution.distributor'
ME = s.named('Me', s.obj(
    code=s.described(s.STRING, "Stands in every link."),
    alias=s.described(s.nullable(s.STRING), "The only name that other distributors see."),
    state=s.selection(DISTRIBUTOR, 'state'),
    kind=s.selection(DISTRIBUTOR, 'kind'),
    level=s.nullable(s.obj(name=s.STRING, description=s.nullable(s.STRING), benefits=s.nullable(s.STRING))),
    company=s.STRING,
    currency=s.STRING,
    referral_url=s.STRING,
    invitation_url=s.described(s.STRING, "Where others apply. Nothing is paid for inviting anybody."),
    is_held=s.described(s.BOOLEAN, "Something is under review: nothing is settled and nothing can be withdrawn."),
    has_accepted_agreement=s.BOOLEAN,
    territories=s.list_of(s.obj(name=s.STRING, since=s.TIME, until=s.nullable(s.TIME))),
))
_BALANCES = 'pending', 'available', 'held', 'billed', 'payable', 'reserved', 'paid', 'withheld', 'earned'
BALANCES = s.named('Balances', s.obj(
    pending=s.described(s.MONEY, "Until delivery and the time for returns."),
    available=s.described(s.MONEY, "Goes into the next statement."),
    held=s.described(s.MONEY, "Under review."),
    billed=s.described(s.MONEY, "Waits for an invoice of yours."),
    payable=s.described(s.MONEY, "Can be withdrawn. Below zero: owed after refunds."),
    reserved=s.described(s.MONEY, "On its way."),
    paid=s.MONEY,
    withheld=s.described(s.MONEY, "For the tax office."),
    earned=s.described(s.MONEY, "Altogether."),
))
LADDER = s.obj(
    rules=s.STRING, days=s.STRING, sales=s.MONEY, estimate=s.MONEY, next_step_at=s.nullable(s.MONEY),
    next_rate=s.described(s.nullable(s.STRING), "In percent."))
DASHBOARD = s.named('Dashboard', s.obj(
    balances=BALANCES,
    today=s.described(s.MONEY, "Earned today, as it stands now."), month=s.described(s.MONEY, "In this month."),
    days=s.list_of(s.obj(day=s.DATE, earned=s.MONEY)),
    unpaid=s.described(s.obj(estimate=s.MONEY, orders=s.COUNT), "Orders that are not paid yet. No promise of income."),
    ladders=s.list_of(LADDER)))
ORDER = s.named('CreditedOrder', s.obj(
    order=s.STRING, confirmed_at=s.TIME, role=s.selection('distribution.commission', 'role'), is_cancelled=s.BOOLEAN,
    earned=s.MONEY))
MEMBER = s.named('TeamMember', s.obj(
    name=s.described(s.STRING, "The alias, or a part of the code."),
    tier=s.described(s.COUNT, "1 stands directly below."),
    level=s.nullable(s.STRING), since=s.nullable(s.DATE),
    orders=s.described(s.COUNT, "Own orders of this month."), sales=s.MONEY))
REVIEW = s.named('Review', s.obj(
    id=s.ID, since=s.TIME, state=s.selection('distribution.risk.signal', 'state'), appeal=s.nullable(s.STRING)))


class DistributionMeApi(DistributionApi, DistributionMembershipPortal):

    # === ROUTES === #

    @operation('GET', '/me', ME)
    def api_me(self):
        """Tell who the user is as a distributor."""
        distributor = self._api_get_distributor()
        level = distributor.level_id
        return {
            'code': distributor.code,
            'alias': distributor.alias or None,
            'state': distributor.state,
            'kind': distributor.kind,
            'level': {
                'name': level.name, 'description': level.description or None, 'benefits': level.benefits or None,
            } if level else None,
            'company': distributor.sudo().company_id.name,
            'currency': distributor.currency_id.name,
            'referral_url': distributor.referral_url,
            'invitation_url': self._get_invitation_url(distributor),
            'is_held': distributor.is_held,
            'has_accepted_agreement': distributor.has_accepted_agreement,
            'territories': [
                {'name': territory.display_name, 'since': time(territory.from_at), 'until': time(territory.until_at)}
                for territory in distributor.territory_ids
            ],
        }

    @operation('GET', '/dashboard', DASHBOARD)
    def api_dashboard(self):
        """Sum up what was earned and what may be."""
        distributor = self._api_get_distributor()
        currency = distributor.currency_id
        earnings = distributor._get_earnings()
        unpaid = distributor._get_unpaid_estimates()
        return {
            'balances': {
                name: money(distributor.sudo()[f'{name}_amount'], currency)
                for name in _BALANCES
            },
            'today': money(earnings.today, currency),
            'month': money(earnings.month, currency),
            'days': [{'day': day(date), 'earned': money(amount, currency)} for date, amount in earnings.days],
            'unpaid': {
                'estimate': money(sum(estimate['amount'] for estimate in unpaid), currency), 'orders': len(unpaid)},
            'ladders': [self._api_read_ladder(ladder, currency) for ladder in distributor._get_ladder_estimates()],
        }

    @operation('GET', '/orders', s.page_of(ORDER), query=s.PAGE_QUERY)
    def api_orders(self, limit, offset):
        """List the orders that earn something for the user. Buyers are never shown."""
        distributor = self._api_get_distributor()
        orders, total = distributor._get_credited_orders(limit, offset)
        return self._api_page([{
            'order': order['name'],
            'confirmed_at': time(order['at']),
            'role': order['role'],
            'is_cancelled': order['is_cancelled'],
            'earned': money(order['amount'], distributor.currency_id),
        } for order in orders], total, limit, offset)

    @operation('GET', '/team', s.page_of(MEMBER), query=s.PAGE_QUERY)
    def api_team(self, limit, offset):
        """List those below, by the names that they chose, with what they sold this month."""
        distributor = self._api_get_distributor()
        members = distributor._get_team(offset=offset, limit=limit)
        total = distributor.sudo().search_count(distributor._get_team_domain())
        return self._api_page(
            [self._api_read_member(member, distributor.currency_id) for member in members], total, limit, offset)

    @operation('GET', '/reviews', s.list_of(REVIEW))
    def api_reviews(self):
        """Tell what is under review. What exactly was found is for staff only."""
        signals = request.env['distribution.risk.signal'].search(
            [*self._get_own_domain(self._api_get_distributor()), ('state', '!=', 'dismissed')])
        return [{
            'id': signal.id, 'since': time(signal.create_date), 'state': signal.state, 'appeal': signal.appeal or None,
        } for signal in signals]

    @operation('POST', '/reviews/{signal_id}/appeals', body=s.body(text=s.text(2000)), statuses=(204,))
    def api_review_appeal(self, signal_id, body):
        """Say something about what is under review."""
        self._api_find('distribution.risk.signal', signal_id).sudo()._appeal(body['text'])

    @operation('POST', '/data/exports', {'type': 'object'}, body=s.body(), statuses=(200,))
    def api_data_export(self, body):
        """Hand over a copy of everything that is kept of the user; that it was taken is recorded."""
        content = request.env['distribution.privacy.request']._export_own(self._api_get_distributor())
        return request.make_response(content, [
            ('Content-Type', 'application/json; charset=utf-8'),
            ('Content-Disposition', content_disposition('data.json')),
        ])

    @operation('POST', '/resignation', body=s.body(('reason',), reason=s.text(500)), statuses=(204,))
    def api_resignation(self, body):
        """Leave. What was earned stays payable."""
        distributor = self._api_get_distributor()
        if not self._can_resign(distributor):
            raise Problem(409, 'refused', request.env._("You are a distributor no longer."))
        distributor.sudo()._resign(body.get('reason'))

    # === READING === #

    @staticmethod
    def _api_read_member(member, currency):
        return {
            **{name: getattr(member, name) for name in ('name', 'tier', 'orders')},
            'level': member.level or None,
            'since': day(member.since),
            'sales': money(member.sales, currency),
        }

    @staticmethod
    def _api_read_ladder(ladder, currency):
        return {
            'rules': ladder['words'],
            'days': ladder['days'],
            'sales': money(ladder['sales'], currency),
            'estimate': money(ladder['amount'], currency),
            'next_step_at': None if ladder['next_bound'] is None else money(ladder['next_bound'], currency),
            'next_rate': None if ladder['next_rate'] is None else f"{ladder['next_rate']:g}",
        }
