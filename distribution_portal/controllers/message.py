from werkzeug.exceptions import NotFound

from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import DistributionPortal

_MESSAGES = '/my/distribution/messages'
_SETTINGS = '/my/distribution/settings'


class DistributionMessagePortal(DistributionPortal):
    """What the merchant tells a distributor, and what the distributor wants to be told."""

    # === ROUTES - MESSAGES === #

    @route(
        [_MESSAGES, f'{_MESSAGES}/page/<int:page>'],
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_messages(self, page=1, **_kwargs):
        """Show the announcements for this distributor, the latest first."""
        template = 'distribution_portal.portal_distribution_messages'
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution(template, distributor, {})
        announcements_sudo = request.env['distribution.announcement'].sudo()
        domain = distributor._get_announcement_domain()
        pager = portal_pager(
            url=_MESSAGES, total=announcements_sudo.search_count(domain), page=page, step=self._items_per_page)
        messages_sudo = announcements_sudo.search(domain, limit=self._items_per_page, offset=pager['offset'])
        return self._render_distribution(template, distributor, {
            'messages_sudo': messages_sudo,
            'unread_sudo': messages_sudo.filtered_domain(distributor.sudo()._get_announcement_domain(unread=True)),
            'pager': pager,
            'distribution_page': 'messages',
        })

    @route(f'{_MESSAGES}/<int:message_id>/read', type='http', auth='user', methods=['POST'], website=True)
    def distribution_message_read(self, message_id, **_kwargs):
        """Mark an announcement as read."""
        distributor = self._get_own_distributor()
        message_sudo = distributor and request.env['distribution.announcement'].sudo().search(
            distributor._get_announcement_domain() & Domain('id', '=', message_id))
        if not message_sudo:
            raise NotFound()
        message_sudo._mark_read(distributor)
        return request.redirect(_MESSAGES)

    # === ROUTES - SETTINGS === #

    @route(_SETTINGS, type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_settings(self, **_kwargs):
        """Show the alias, and what the distributor is told of."""
        return self._render_settings(self._get_own_distributor())

    @route(_SETTINGS, type='http', auth='user', methods=['POST'], website=True)
    def distribution_settings_submit(self, alias='', **post):
        """Keep alias and wishes; when the alias cannot be, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_settings(distributor)
        try:
            with request.env.cr.savepoint():
                distributor.sudo()._set_own_alias(alias)
                distributor._set_notification_settings({
                    key for key in distributor._get_notification_settings() if '-'.join(key) in post})
        except ValidationError as error:
            return self._render_settings(distributor, alias, error.args[0])
        return request.redirect(f'{_SETTINGS}?saved=1')

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to show how many messages are unread."""
        values = super()._prepare_home_portal_values(counters)
        if 'distribution_message_count' in counters:
            values['distribution_message_count'] = self._get_unread_count(self._get_own_distributor())
        return values

    # === GETTERS === #

    def _get_todos(self, distributor):
        """Override to send the distributor to messages that it has not read."""
        todos = super()._get_todos(distributor)
        if self._get_unread_count(distributor):
            todos.append({
                'text': request.env._("There are messages that you have not read."),
                'url': _MESSAGES, 'button': request.env._("Read")})
        return todos

    @staticmethod
    def _get_unread_count(distributor):
        return distributor and request.env['distribution.announcement'].sudo().search_count(
            distributor._get_announcement_domain(unread=True)) or 0

    # === RENDERING === #

    def _render_settings(self, distributor, alias=None, error=None):
        Setting = request.env['distribution.notification.setting']
        return self._render_distribution('distribution_portal.portal_distribution_settings', distributor, {
            'alias': distributor.alias if alias is None else alias,
            'wanted': distributor._get_notification_settings() if distributor else {},
            'topics': Setting._fields['topic']._description_selection(request.env),
            'channels': [
                channel for channel in Setting._fields['channel']._description_selection(request.env)
                if channel[0] in Setting._get_channels(distributor.company_id)],
            'error': error,
            'is_saved': bool(request.params.get('saved')) and not error,
            'distribution_page': 'settings',
        })
