from werkzeug.exceptions import NotFound

from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import MAX_SEARCH_LENGTH, DistributionPortal

_PRODUCTS_PER_PAGE = 24


class DistributionProductPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/products', '/my/distribution/products/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_products(self, page=1, search='', category=None, **_kwargs):
        """List what the distributor may share, with what one sold unit earns it."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution('distribution_portal.portal_distribution_products', distributor, {})
        products_sudo = request.env['product.template'].sudo()
        shareable = products_sudo._distribution_get_share_domain(distributor)
        categories_sudo, category_sudo = self._get_categories(
            products_sudo, shareable, products_sudo._distribution_get_category_field(), category, order='display_name')
        search = search.strip()[:MAX_SEARCH_LENGTH]
        domain = shareable & self._get_product_domain(search, category_sudo)
        pager = portal_pager(
            url='/my/distribution/products',
            total=products_sudo.search_count(domain),
            page=page,
            step=_PRODUCTS_PER_PAGE,
            url_args={'search': search, 'category': category_sudo.id or ''},
        )
        found_sudo = products_sudo.search(domain, limit=_PRODUCTS_PER_PAGE, offset=pager['offset'])
        return self._render_distribution('distribution_portal.portal_distribution_products', distributor, {
            'offers': found_sudo._distribution_get_offers(distributor),
            'categories_sudo': categories_sudo,
            'category_sudo': category_sudo,
            'search': search,
            'pager': pager,
            'distribution_page': 'products',
        })

    @route('/my/distribution/products/<int:product_id>', type='http', auth='user', website=True, readonly=True)
    def distribution_product(self, product_id, **_kwargs):
        """Show all there is to share of a product: link, QR code, posters, words."""
        distributor = self._get_own_distributor()
        product_sudo = self._find_product(product_id, distributor)
        [offer] = product_sudo._distribution_get_offers(distributor)
        return self._render_distribution('distribution_portal.portal_distribution_product', distributor, {
            'offer': offer,
            'materials_sudo': self._get_product_materials(product_sudo, distributor),
            'posters_sudo': request.env['distribution.poster.template'].sudo()._get_for(distributor),
            'distribution_page': 'products',
        })

    @route('/my/distribution/products/<int:product_id>/image', type='http', auth='user', readonly=True)
    def distribution_product_image(self, product_id, **_kwargs):
        """Send the picture of a product that the distributor may share: portal users may read no product."""
        product_sudo = self._find_product(product_id, self._get_own_distributor())
        stream = request.env['ir.binary']._get_image_stream_from(product_sudo, 'image_512')
        return stream.get_response(max_age=3600)

    @route(
        '/my/distribution/posters/<int:template_id>/<int:product_id>.png',
        type='http', auth='user', readonly=True)
    def distribution_poster(self, template_id, product_id, **_kwargs):
        """Draw a poster of the distributor who asks; one that the browser has already is not drawn again."""
        distributor = self._get_own_distributor()
        product_sudo = self._find_product(product_id, distributor)
        template_sudo = request.env['distribution.poster.template'].sudo()._get_for(distributor).filtered(
            lambda template: template.id == template_id)
        if not template_sudo:
            raise NotFound()
        key = template_sudo._get_key(product_sudo, distributor)
        if request.httprequest.if_none_match.contains(key):
            response = request.make_response('', status=304)
        else:
            response = request.make_response(
                template_sudo._draw(product_sudo, distributor), headers=[('Content-Type', 'image/png')])
        response.headers['Cache-Control'] = 'private, no-cache'     # Kept, and asked for whether it still holds.
        response.set_etag(key)
        return response

    # === GETTERS === #

    def _find_product(self, product_id, distributor):
        """Return a product that the distributor may share; whatever else the id belongs to is not found."""
        products_sudo = request.env['product.template'].sudo()
        product_sudo = distributor and products_sudo.search(
            products_sudo._distribution_get_share_domain(distributor) & Domain('id', '=', product_id))
        if not product_sudo:
            raise NotFound()
        return product_sudo

    def _get_product_materials(self, product_sudo, distributor):
        materials_sudo = request.env['distribution.material'].sudo()
        return materials_sudo.search(
            materials_sudo._get_visible_domain(distributor) & Domain('product_tmpl_id', '=', product_sudo.id))

    def _get_product_domain(self, search, category_sudo):
        Product = request.env['product.template']
        domain = Product._distribution_get_search_domain(search) if search else Domain.TRUE
        if category_sudo:
            domain &= Domain(Product._distribution_get_category_field(), 'child_of', category_sudo.ids)
        return domain
