from urllib.parse import urljoin

from odoo.http import request

from ..link import DistributionLinkPortal
from . import schema as s
from .base import DistributionApi
from .operation import ANYBODY, operation
from .values import day, money

MODEL = 'distribution.link'
LINK = s.named('Link', s.obj(
    id=s.ID,
    name=s.STRING,
    code=s.STRING,
    url=s.STRING,
    qr_url=s.STRING,
    path=s.described(s.nullable(s.STRING), "Where it leads to."),
    expires_on=s.described(s.nullable(s.DATE), "From this day on it earns nothing."),
    is_expired=s.BOOLEAN,
    visits=s.COUNT,
    orders=s.COUNT,
))
PRODUCT = s.named('Product', s.obj(
    id=s.ID,
    name=s.STRING,
    description=s.nullable(s.STRING),
    phrase=s.described(s.nullable(s.STRING), "To be sent along."),
    points=s.described(s.list_of(s.STRING), "Selling points."),
    price=s.described(s.MONEY, "Of one unit, as everybody sees it."),
    earned=s.described(s.MONEY, "Of one unit at least, as things are now. What is given back earns nothing."),
    url=s.described(s.STRING, "To be shared."),
))
TOUCH = s.named('Touch', s.obj(
    is_recorded=s.BOOLEAN,
    visitor=s.described(
        s.nullable(s.STRING), "Send it in the header `X-Distribution-Visitor` from now on, also with orders."),
    path=s.described(s.nullable(s.STRING), "Where the code leads to."),
))


class DistributionLinkApi(DistributionApi, DistributionLinkPortal):

    # === ROUTES === #

    @operation('GET', '/products', s.page_of(PRODUCT), query={
        'search': s.described(s.text(100), "A part of the name.", default=''), **s.PAGE_QUERY})
    def api_products(self, search, limit, offset):
        """List products to recommend, and what one of each earns."""
        distributor = self._api_get_distributor()
        products_sudo = request.env['product.template'].sudo()
        domain = products_sudo._distribution_get_share_domain(distributor)
        if search:
            domain &= products_sudo._distribution_get_search_domain(search)
        found_sudo = products_sudo.search(domain, limit=limit, offset=offset)
        return self._api_page([
            self._api_read_offer(offer, distributor.currency_id)
            for offer in found_sudo._distribution_get_offers(distributor)
        ], products_sudo.search_count(domain), limit, offset)

    @operation('GET', '/links', s.page_of(LINK), query=s.PAGE_QUERY)
    def api_links(self, limit, offset):
        """List promotion links, with what they brought."""
        return self._api_list(MODEL, self._api_read_link, limit, offset)

    @operation('POST', '/links', LINK, statuses=(201,), body=s.body(('address',), name=s.text(100), address=s.described(
        s.text(2048), "Of a page of the site, with or without the host. Without: the shop.")))
    def api_link_create(self, body):
        """Make a promotion link."""
        distributor = self._api_get_distributor()
        return self._api_read_link(request.env[MODEL].sudo()._create_own(
            distributor, body['name'], self._parse_address(body.get('address', ''), distributor)))

    @operation('DELETE', '/links/{link_id}', statuses=(204,))
    def api_link_delete(self, link_id):
        """Archive a link. Visitors still reach its page."""
        self._api_find(MODEL, link_id).sudo()._archive_own()

    @operation('POST', '/touches', TOUCH, auth=ANYBODY, body=s.body(
        code=s.described(s.text(64), "Of a distributor, or of a link."),
        kind=s.selection('distribution.touch', 'kind')))
    def api_touch_create(self, body):
        """Record that somebody comes from a distributor.

        A code that leads nowhere is no error; after too many of them none is looked up for an hour.
        """
        attempts = request.env['distribution.attempt']
        referral, visitor = None, None
        if not attempts._is_exhausted():
            referral, visitor = request.env['distribution.touch']._record_code(body['code'], body['kind'])
            if not referral:
                attempts._record('referral', request.env.company)
        return {
            'is_recorded': bool(visitor),
            'visitor': visitor,
            'path': referral.target or None if referral else None,
        }

    # === READING === #

    @staticmethod
    def _api_read_offer(offer, currency):
        product_sudo = offer.product_sudo
        return {
            'id': product_sudo.id,
            'name': product_sudo.name,
            'description': product_sudo.description_sale or None,
            'phrase': product_sudo.distribution_phrase or None,
            'points': (product_sudo.distribution_points or '').splitlines(),
            'price': money(offer.price, currency),
            'earned': money(offer.earning, currency),
            'url': offer.url,
        }

    @staticmethod
    def _api_read_link(link):
        return {
            'id': link.id,
            'name': link.name,
            'code': link.code,
            'url': link.short_url,
            'qr_url': urljoin(link.short_url, f'/d/{link.code}/qr.png'),
            'path': link.target or None,
            'expires_on': day(link.expires_on),
            'is_expired': link.is_expired,
            'visits': link.visit_count,
            'orders': link.order_count,
        }
