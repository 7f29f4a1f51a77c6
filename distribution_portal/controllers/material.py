from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import MAX_SEARCH_LENGTH, DistributionPortal

_MATERIALS_PER_PAGE = 24


class DistributionMaterialPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/materials', '/my/distribution/materials/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_materials(self, page=1, search='', category=None, kind=None, **_kwargs):
        """List the material that is for the distributor."""
        distributor = self._get_own_distributor()
        materials_sudo = request.env['distribution.material'].sudo()
        visible = materials_sudo._get_visible_domain(distributor)
        categories_sudo, category_sudo = self._get_categories(materials_sudo, visible, 'category_id', category)
        kinds = dict(materials_sudo._fields['kind']._description_selection(request.env))
        kind = kind if kind in kinds else ''
        search = search.strip()[:MAX_SEARCH_LENGTH]
        domain = visible & self._get_material_domain(search, category_sudo, kind)
        pager = portal_pager(
            url='/my/distribution/materials',
            total=materials_sudo.search_count(domain),
            page=page,
            step=_MATERIALS_PER_PAGE,
            url_args={'search': search, 'category': category_sudo.id or '', 'kind': kind},
        )
        found_sudo = materials_sudo.search(domain, limit=_MATERIALS_PER_PAGE, offset=pager['offset'])
        return self._render_distribution('distribution_portal.portal_distribution_materials', distributor, {
            'materials_sudo': found_sudo,
            'done_ids': self._get_done_ids(found_sudo, distributor),
            'categories_sudo': categories_sudo,
            'category_sudo': category_sudo,
            'kinds': kinds,
            'kind': kind,
            'search': search,
            'pager': pager,
            'distribution_page': 'materials',
        })

    @route(
        '/my/distribution/materials/<int:material_id>', type='http', auth='user', methods=['GET'], website=True,
        readonly=True)
    def distribution_material(self, material_id, **_kwargs):
        """Show one piece of material."""
        distributor = self._get_own_distributor()
        return self._render_material(self._find_material(material_id, distributor), distributor)

    @route('/my/distribution/materials/<int:material_id>/done', type='http', auth='user', methods=['POST'], website=True)
    def distribution_material_done(self, material_id, **_kwargs):
        """Note that the distributor is through with a training."""
        distributor = self._get_own_distributor()
        material_sudo = self._find_material(material_id, distributor)
        try:
            material_sudo._set_done(distributor)
        except UserError as error:
            return self._render_material(material_sudo, distributor, error=error.args[0])
        return request.redirect(f'/my/distribution/materials/{material_id}')

    @route(
        '/my/distribution/materials/<int:material_id>/<any(picture,file):content>',
        type='http', auth='user', readonly=True)
    def distribution_material_content(self, material_id, content, download=None, **_kwargs):
        """Send the picture or the file of material that is for the distributor."""
        material_sudo = self._find_material(material_id, self._get_own_distributor())
        if not material_sudo[content]:
            raise NotFound()
        stream = request.env['ir.binary']._get_stream_from(
            material_sudo, content, filename=material_sudo.file_name if content == 'file' else material_sudo.name)
        # A file is never shown as a page of this site: it could be one that runs.
        return stream.get_response(as_attachment=content == 'file' or bool(download), max_age=3600)

    # === GETTERS === #

    def _find_material(self, material_id, distributor):
        """Return material that is for the distributor; whatever else the id belongs to is not found."""
        materials_sudo = request.env['distribution.material'].sudo()
        material_sudo = distributor and materials_sudo.search(
            materials_sudo._get_visible_domain(distributor) & Domain('id', '=', material_id))
        if not material_sudo:
            raise NotFound()
        return material_sudo

    def _get_material_domain(self, search, category_sudo, kind):
        domain = request.env['distribution.material']._get_search_domain(search) if search else Domain.TRUE
        if category_sudo:
            domain &= Domain('category_id', '=', category_sudo.id)
        if kind:
            domain &= Domain('kind', '=', kind)
        return domain

    def _get_done_ids(self, materials_sudo, distributor):
        """Return the ids of those that the distributor is through with."""
        return set(request.env['distribution.material.done'].sudo().search([
            ('material_id', 'in', materials_sudo.ids), ('distributor_id', '=', distributor.id),
        ]).material_id.ids)

    # === RENDERING === #

    def _render_material(self, material_sudo, distributor, error=None):
        return self._render_distribution('distribution_portal.portal_distribution_material', distributor, {
            'material_sudo': material_sudo,
            'is_done': material_sudo.id in self._get_done_ids(material_sudo, distributor),
            'error': error,
            'distribution_page': 'materials',
        })
