import base64

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.distribution_portal.controllers.product import DistributionProductPortal

from .referral import WebsiteSaleReferralController

_MAX_PICTURE_BYTES = 5 * 1024 * 1024


class ShopPageController(WebsiteSaleReferralController):
    """The page of a distributor in the shop, for everybody."""

    @route('/d/<string:code>/shop', type='http', auth='public', methods=['GET'], website=True, sitemap=False)
    def distribution_shop_page(self, code, s=None, **_kwargs):
        """Show what a distributor chose, and remember that the visitor came by it, as a link does.

        Where there is nothing to show nobody learns why: unknown, suspended and switched off look the same.
        """
        page_sudo = request.env['distribution.shop.page'].sudo()._get_shown(code)
        if not page_sudo:
            return request.render('distribution_website_sale.shop_page_none', status=404)
        products_sudo = page_sudo._get_shown_products()
        response = request.render('distribution_website_sale.shop_page', {
            'page_sudo': page_sudo,
            'code': page_sudo.distributor_id.code,
            'products_sudo': products_sudo,
            'prices': products_sudo._distribution_get_prices(page_sudo.company_id),
        })
        response.flatten()      # Before the touch: an error while it is drawn is no visit.
        referral = request.env['distribution.link'].sudo()._resolve(page_sudo.distributor_id.code)
        if referral.counts and self._is_visit(referral):
            self._record_visit(response, referral, 'scan' if s == 'qr' else 'visit', request.httprequest.path)
        return response

    @route(
        '/d/<string:code>/shop/picture', type='http', auth='public', methods=['GET'], sitemap=False, readonly=True)
    def distribution_shop_picture(self, code, **_kwargs):
        """Send the picture that stands on the page."""
        page_sudo = request.env['distribution.shop.page'].sudo()._get_shown(code)
        if not page_sudo.picture:
            raise NotFound()
        return request.env['ir.binary']._get_image_stream_from(page_sudo, 'picture').get_response(max_age=3600)


class DistributionShopPortal(DistributionProductPortal):
    """The same page as its distributor fills it, and sharing from the pages of products."""

    # === ROUTES === #

    @route(
        '/my/distribution/products/<int:product_id>/share', type='http', auth='user', website=True, readonly=True,
        sitemap=False)
    def distribution_product_share(self, product_id, **_kwargs):
        """Send what stands on the product's page in the shop for a distributor; nothing to anybody else."""
        distributor = self._get_own_distributor()
        if distributor.state != 'active':
            return request.make_response('', status=204)
        [offer] = self._find_product(product_id, distributor)._distribution_get_offers(distributor)
        response = request.render(
            'distribution_website_sale.product_share', {'distributor': distributor, 'offer': offer})
        response.headers['Cache-Control'] = 'no-store'
        return response

    @route('/my/distribution/shop', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_shop_form(self, **_kwargs):
        """Show the own shop page as it is filled."""
        return self._render_shop_form(self._get_own_distributor())

    @route('/my/distribution/shop', type='http', auth='user', methods=['POST'], website=True)
    def distribution_shop_submit(self, name='', phrase='', picture=None, **_kwargs):
        """Save name, sentence and picture; when they are refused, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_shop_form(distributor)
        try:
            with request.env.cr.savepoint():
                request.env['distribution.shop.page'].sudo()._save_own(
                    distributor, name, phrase, self._read_picture(picture))
        except UserError as error:
            return self._render_shop_form(distributor, error.args[0], name, phrase)
        return request.redirect('/my/distribution/shop')

    @route(
        '/my/distribution/shop/products/<int:product_id>/<any(add,remove):change>',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_shop_product(self, product_id, change, **_kwargs):
        """Put a product on the own page, or take it off."""
        distributor = self._get_own_distributor()
        product_sudo = self._find_product(product_id, distributor)
        pages_sudo = request.env['distribution.shop.page'].sudo()
        try:
            with request.env.cr.savepoint():
                if change == 'add':
                    pages_sudo._add_own(distributor, product_sudo)
                else:
                    pages_sudo._remove_own(distributor, product_sudo)
        except UserError as error:
            return self._render_shop_form(distributor, error.args[0])
        return request.redirect('/my/distribution/shop')

    # === GETTERS === #

    @staticmethod
    def _read_picture(upload):
        """Return the picture that was sent, or nothing when none was.

        :raise UserError: when it is too large, or no picture.
        """
        content = upload.read(_MAX_PICTURE_BYTES + 1) if hasattr(upload, 'read') else b''
        if not content:
            return None
        if len(content) > _MAX_PICTURE_BYTES:
            raise UserError(request.env._("The picture has more than 5 MB."))
        if not content.startswith((b'\x89PNG', b'\xff\xd8\xff', b'RIFF')):
            raise UserError(request.env._("This is no picture: send a PNG, JPEG or WebP file."))
        return base64.b64encode(content)

    # === RENDERING === #

    def _render_shop_form(self, distributor, error=None, name=None, phrase=None):
        pages = request.env['distribution.shop.page']
        page = pages.search(self._get_own_domain(distributor)) if distributor else pages
        return self._render_distribution('distribution_website_sale.portal_distribution_shop_page', distributor, {
            'page': page,
            'products_sudo': page.sudo()._get_shown_products() if page else page.product_ids,
            'name': page.name or '' if name is None else name,
            'phrase': page.phrase or '' if phrase is None else phrase,
            'error': error,
            'distribution_page': 'products',
        })
