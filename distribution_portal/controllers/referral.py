import re
from urllib.parse import unquote

from odoo.http import Controller, request, route

# One slash in front, and nothing that a browser reads as another host or that ends a header.
_LOCAL_PATH = re.compile(r'/(?!/)[^\\\x00-\x1f\x7f]*')
_MAX_DECODINGS = 5


class ReferralController(Controller):

    @route('/d/<string:code>', type='http', auth='public', methods=['GET'], sitemap=False)
    def distribution_referral(self, code, to=None, **_kwargs):
        """Remember that the visitor comes from a distributor, and lead on to the page.

        Not a page of the website on purpose: no language, no theme, no cart are looked up. A code
        that leads to nobody leads to the page all the same: a customer is never punished for it.
        """
        target = self._get_local_path(to) or self._get_referral_landing()
        response = request.redirect(target, code=302)
        response.headers['Cache-Control'] = 'no-store'
        distributor_sudo = request.env['distribution.distributor'].sudo()._get_active_by_code(code)
        if distributor_sudo and self._is_visit(distributor_sudo):
            touch_sudo = distributor_sudo.env['distribution.touch']._record(distributor_sudo, path=target)
            response.set_cookie(**touch_sudo._get_visitor_cookie(distributor_sudo))
            self._after_touch(touch_sudo)
        return response

    def _is_visit(self, distributor_sudo):
        """Tell people from robots, link previews, prefetching, and the distributor itself."""
        headers = request.httprequest.headers
        return (
            request.httprequest.method == 'GET'
            and 'prefetch' not in headers.get('Sec-Purpose', headers.get('Purpose', ''))
            and not request.env['ir.http'].is_a_bot()
            and distributor_sudo.partner_id != request.env.user.partner_id
        )

    def _after_touch(self, touch_sudo):
        """Hook: the visit was recorded; whatever the visitor holds already can be marked with it."""

    def _get_referral_landing(self):
        """Hook: return the page that a link without a target leads to."""
        return '/'

    @staticmethod
    def _get_local_path(path):
        """Return a path of this site unchanged, anything else as nothing.

        :param str|None path: As it came from the link. Its page is checked as it is and decoded,
            because what stands in front of this server may decode once more.
        :rtype: str|None
        """
        if not _LOCAL_PATH.fullmatch(path or ''):
            return None
        page = path.partition('?')[0]
        for _attempt in range(_MAX_DECODINGS):
            decoded = unquote(page)
            if decoded == page:
                return path
            if not _LOCAL_PATH.fullmatch(decoded):
                return None
            page = decoded
        return None
