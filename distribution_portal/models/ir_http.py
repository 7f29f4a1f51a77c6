from urllib.parse import urlencode

from werkzeug.exceptions import abort

from odoo import models
from odoo.http import request

from odoo.addons.distribution_core.models.distribution_distributor import CODE_PATTERN
from odoo.addons.distribution_core.models.distribution_link import LINK_CODE_PATTERN


class IrHttp(models.AbstractModel):
    _inherit = 'ir.http'

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Override of `base` to send a page with `?ref=CODE` by way of the referral link.

        Only pages of the site: elsewhere, e.g. on the return from a payment, `ref` means something
        else. An ordinary request pays one look into its parameters and no query.
        """
        super()._pre_dispatch(rule, args)
        if 'ref' in request.httprequest.args and rule.endpoint.routing.get('website'):
            redirect = cls._distribution_get_referral_redirect()
            if redirect:
                abort(redirect)

    @classmethod
    def _serve_fallback(cls):
        """Override of `base` to do the same for pages that no controller serves."""
        if 'ref' in request.httprequest.args:
            redirect = cls._distribution_get_referral_redirect()
            if redirect:
                return redirect
        return super()._serve_fallback()

    @classmethod
    def _distribution_get_referral_redirect(cls):
        """Return the way over the referral link, or nothing when `ref` cannot be a code."""
        code = request.httprequest.args['ref'].strip().upper()
        if (
            request.httprequest.method != 'GET'
            or request.httprequest.headers.get('X-Requested-With') == 'XMLHttpRequest'
            or not (CODE_PATTERN.fullmatch(code) or LINK_CODE_PATTERN.fullmatch(code))
        ):
            return None
        return request.redirect_query(f'/d/{code}', {'to': cls._distribution_get_page()}, code=302)

    @classmethod
    def _distribution_get_page(cls):
        """Return the page asked for: with its language, without the referral."""
        path = request.httprequest.path
        lang = getattr(request, 'lang', None)
        if lang and lang != cls._get_default_lang():
            path = f'/{lang.url_code}{path}'
        query = [(key, value) for key, value in request.httprequest.args.items(multi=True) if key != 'ref']
        return f'{path}?{urlencode(query)}' if query else path
