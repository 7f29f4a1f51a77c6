from werkzeug.exceptions import NotFound

from odoo.fields import Domain
from odoo.http import request

from . import schema as s
from .base import DistributionApi
from .operation import operation
from .values import time

SETTING = 'distribution.notification.setting'
_MAX_ALIAS = 24
_MAX_TOPICS = 100
MESSAGE = s.named('Message', s.obj(
    id=s.ID, at=s.TIME, title=s.STRING,
    html=s.described(s.nullable(s.STRING), "Cleaned of everything that runs."), is_read=s.BOOLEAN))
_TOPIC = {'topic': s.selection(SETTING, 'topic'), 'channel': s.selection(SETTING, 'channel')}
SETTINGS = s.named('Settings', s.obj(
    alias=s.nullable(s.STRING),
    shown_name=s.described(s.STRING, "What other distributors see: the alias, or else a part of the code."),
    notifications=s.list_of(s.obj(**_TOPIC, is_wanted=s.BOOLEAN)),
))
NEW_SETTINGS = s.body(
    alias=s.described(s.nullable(s.text(_MAX_ALIAS)), "No phone number, no address and no link."),
    wanted=s.described(
        {**s.list_of(s.body(**_TOPIC)), 'maxItems': _MAX_TOPICS}, "What is not among them is not told."),
)


class DistributionMessageApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/messages', s.page_of(MESSAGE), query=s.PAGE_QUERY)
    def api_messages(self, limit, offset):
        """List what the company announces to the user, the latest first."""
        distributor = self._api_get_distributor()
        messages_sudo = request.env['distribution.announcement'].sudo()
        domain = distributor._get_announcement_domain()
        found_sudo = messages_sudo.search(domain, limit=limit, offset=offset)
        unread_sudo = found_sudo.filtered_domain(distributor.sudo()._get_announcement_domain(unread=True))
        return self._api_page([{
            'id': message_sudo.id,
            'at': time(message_sudo.from_at),
            'title': message_sudo.name,
            'html': message_sudo.body or None,
            'is_read': message_sudo not in unread_sudo,
        } for message_sudo in found_sudo], messages_sudo.search_count(domain), limit, offset)

    @operation('POST', '/messages/{message_id}/reads', body=s.body(), statuses=(204,))
    def api_message_read(self, message_id, body):
        """Mark an announcement as read."""
        distributor = self._api_get_distributor()
        message_sudo = request.env['distribution.announcement'].sudo().search(
            distributor._get_announcement_domain() & Domain('id', '=', message_id))
        if not message_sudo:
            raise NotFound()
        message_sudo._mark_read(distributor)

    @operation('GET', '/settings', SETTINGS)
    def api_settings(self):
        """Tell the alias, and what the user is told of."""
        return self._api_read_settings(self._api_get_distributor())

    @operation('PUT', '/settings', SETTINGS, body=NEW_SETTINGS)
    def api_settings_replace(self, body):
        """Replace the alias, and what the user is told of."""
        distributor = self._api_get_distributor()
        distributor.sudo()._set_own_alias(body['alias'])
        distributor._set_notification_settings({(wish['topic'], wish['channel']) for wish in body['wanted']})
        return self._api_read_settings(distributor)

    # === READING === #

    @staticmethod
    def _api_read_settings(distributor):
        return {
            'alias': distributor.alias or None,
            'shown_name': distributor.shown_name,
            'notifications': [
                {'topic': topic, 'channel': channel, 'is_wanted': is_wanted}
                for (topic, channel), is_wanted in distributor._get_notification_settings().items()
            ],
        }
