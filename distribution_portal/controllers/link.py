from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.distribution_core.local_path import get_local_path

from .portal import DistributionPortal


class DistributionLinkPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/links', '/my/distribution/links/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_links(self, page=1, **_kwargs):
        """List the promotion links of the distributor, with what they brought."""
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_links',
            'distribution.link',
            '/my/distribution/links',
            page,
            distribution_page='links',
        )

    @route(
        '/my/distribution/links/new',
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_link_form(self, **_kwargs):
        """Ask where the link shall lead to."""
        return self._render_link_form(self._get_own_distributor())

    @route('/my/distribution/links/new', type='http', auth='user', methods=['POST'], website=True)
    def distribution_link_submit(self, name='', address='', **_kwargs):
        """Make a link; when it is refused, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_link_form(distributor)
        try:
            with request.env.cr.savepoint():
                request.env['distribution.link'].sudo()._create_own(
                    distributor, name, self._parse_address(address, distributor))
        except UserError as error:
            return self._render_link_form(distributor, name, address, error=error.args[0])
        return request.redirect('/my/distribution/links')

    @route(
        '/my/distribution/links/<int:link_id>/archive',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_link_archive(self, link_id, **_kwargs):
        """Put a link away; visitors still reach its page."""
        self._find_own('distribution.link', link_id, self._get_own_distributor()).sudo()._archive_own()
        return request.redirect('/my/distribution/links')

    # === GETTERS === #

    @staticmethod
    def _parse_address(text, distributor):
        """Return the path of the page whose address was pasted; without the code of a referral in it.

        :param str text: An address of this site, with or without the host; empty: the shop.
        :param distribution.distributor distributor: Its site counts as this one.
        :rtype: str|bool
        :raise UserError: when it is not of this site.
        """
        text = text.strip()
        if not text:
            return False
        hosts = {request.httprequest.host, urlsplit(distributor.get_base_url()).netloc}
        try:
            parts = urlsplit(text if text.startswith('/') or '://' in text else f'https://{text}')
        except ValueError:
            parts = urlsplit('//')
        query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != 'ref'])
        path = get_local_path(urlunsplit(('', '', parts.path or '/', query, parts.fragment)))
        is_address = parts.scheme in ('http', 'https') and parts.netloc in hosts
        if not path or not (is_address or get_local_path(text)):
            raise UserError(request.env._("This is not the address of a page of this site."))
        return path

    # === RENDERING === #

    def _render_link_form(self, distributor, name='', address='', error=None):
        return self._render_distribution('distribution_portal.portal_distribution_link_form', distributor, {
            'name': name,
            'address': address,
            'error': error,
            'distribution_page': 'links',
        })
