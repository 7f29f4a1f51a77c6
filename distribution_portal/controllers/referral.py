from urllib.parse import quote, urljoin

from reportlab.graphics.barcode import createBarcodeDrawing
from werkzeug.exceptions import NotFound

from odoo.http import STATIC_CACHE, Controller, request, route

from odoo.addons.distribution_core.local_path import get_local_path

from .visit import PREVIEW_AGENTS, is_visit

_NO_STORE = 'no-store'
_UTM_SECONDS = 31 * 24 * 60 * 60     # as long as `utm` itself remembers
_QR_SIZE, _QR_SIZE_MIN, _QR_SIZE_MAX = 336, 64, 1024
_QR_TYPES = {'png': 'image/png', 'svg': 'image/svg+xml'}


class ReferralController(Controller):

    # === ROUTES === #

    @route('/d/<string:code>', type='http', auth='public', methods=['GET'], sitemap=False)
    def distribution_referral(self, code, to=None, s=None, **_kwargs):
        """Remember that the visitor comes from a distributor, and lead on to the page.

        Not a page of the website on purpose: no language, no theme, no cart are looked up. A code
        that leads to nobody leads to the page all the same: a customer is never punished for it.
        """
        # The few fields that are read here would each fetch whole users, partners and websites.
        request.update_context(prefetch_fields=False)
        referral = request.env['distribution.link'].sudo()._resolve(code)
        target = self._get_local_path(to) or (referral and referral.target) or self._get_referral_landing()
        response = request.redirect(target, code=302)
        response.headers['Cache-Control'] = _NO_STORE
        if referral and referral.counts and self._is_visit(referral):
            self._record_visit(response, referral, 'scan' if s == 'qr' else 'visit', target)
        return response

    @route(
        '/d/<string:code>/qr.<any(png,svg):image>',
        type='http', auth='public', methods=['GET'], sitemap=False, readonly=True)
    def distribution_referral_qr(self, code, image, size=None, to=None, **_kwargs):
        """Draw the short address as a QR code; what is scanned is told apart from what is clicked."""
        referral = request.env['distribution.link'].sudo()._resolve(code)
        if not referral:
            raise NotFound()
        distributor_sudo = request.env['distribution.distributor'].sudo().browse(referral.distributor_id)
        path = self._get_local_path(to)
        query = f'to={quote(path)}&s=qr' if path else 's=qr'
        url = urljoin(distributor_sudo.get_base_url(), f'/d/{code.strip().upper()}?{query}')
        return request.make_response(self._draw_qr(url, image, self._get_qr_size(size)), headers=[
            ('Content-Type', _QR_TYPES[image]),
            ('Cache-Control', f'public, max-age={STATIC_CACHE}'),
        ])

    # === VISITS === #

    def _is_visit(self, referral):
        """Tell people from robots, link previews, prefetching, and the distributor itself."""
        user = request.env.user
        return (
            is_visit(request.httprequest.method, request.httprequest.headers, self._get_preview_agents())
            and not request.env['ir.http'].is_a_bot()
            and (user._is_public() or referral.partner_id != user.partner_id.id)
        )

    def _record_visit(self, response, referral, kind, target):
        """Append the touch, and let the browser carry what is needed to find it again."""
        touches_sudo = request.env['distribution.touch'].sudo()
        token = touches_sudo._ensure_visitor_token()
        visitor = touches_sudo._record(referral, token, kind, path=target)
        response.set_cookie(**touches_sudo._get_visitor_cookie(token, referral.window_days))
        self._set_utm_cookies(response, referral)
        if not request.env.user._is_internal():
            self._after_touch(visitor)

    def _set_utm_cookies(self, response, referral):
        """Set the cookies of `utm` as a page with its parameters would.

        In the answer, not in the address: what the visitor copies there stays clean.
        """
        for _parameter, field_name, cookie in request.env['utm.mixin'].tracking_fields():
            value = getattr(referral, field_name.removesuffix('_id'), None)
            if value and request.cookies.get(cookie) != value:
                response.set_cookie(
                    cookie,
                    value,
                    max_age=_UTM_SECONDS,
                    domain=request.env['ir.http'].get_utm_domain_cookies(),
                    cookie_type='optional',
                )

    def _after_touch(self, visitor):
        """Hook: somebody who is no employee came; whatever the visitor holds already can be marked.

        :param str visitor:
        """

    # === GETTERS === #

    def _get_preview_agents(self):
        """Hook: return the programs that fetch pages for a preview, as parts of their user agents."""
        return PREVIEW_AGENTS

    def _get_referral_landing(self):
        """Hook: return the page that a link without a target leads to."""
        return '/'

    _get_local_path = staticmethod(get_local_path)

    @staticmethod
    def _get_qr_size(size):
        """Return the width in pixels that was asked for, within bounds."""
        if not (size or '').isascii() or not (size or '').isdigit():
            return _QR_SIZE
        return max(_QR_SIZE_MIN, min(int(size[:5]), _QR_SIZE_MAX))

    @staticmethod
    def _draw_qr(url, image, size):
        """Return a QR code that is readable with 15 % of it damaged, with the margin that scanners need."""
        return createBarcodeDrawing(
            'QR', value=url, format=image, width=size, height=size, barLevel='M', barBorder=4).asString(image)
