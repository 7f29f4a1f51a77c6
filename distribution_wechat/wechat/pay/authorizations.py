"""Consents of people to receive transfers without confirming each of them (免确认收款授权)."""
from typing import NamedTuple
from urllib.parse import quote

from ..errors import Unreachable
from ..transport import extract

_AUTHORIZATIONS = '/v3/fund-app/mch-transfer/user-confirm-authorization'
_STATES = ('WAIT_USER_CONFIRM', 'TAKING_EFFECT', 'CLOSED')


class Authorization(NamedTuple):
    """What a person is asked to consent to, once for all."""

    number: str             # letters and digits, at most 32; the person keeps it, also after it was closed
    app_id: str
    openid: str             # of that app_id
    scene: str              # 1005: commissions
    person: str             # as the person is called at the merchant; the page shows it
    perception: str | None
    notify_url: str


class AuthorizationState(NamedTuple):
    """What the platform says about a consent; empty where an answer does not tell."""

    number: str
    state: str              # WAIT_USER_CONFIRM, TAKING_EFFECT, CLOSED
    platform_number: str
    package: str            # opens the page of the consent, for this person
    reason: str             # why it was closed
    app_id: str
    openid: str


class Authorizations:
    """The calls about consents; part of `PayMerchant`."""

    def create_authorization(self, authorization):
        """Ask a person for the consent, or ask again for the same one.

        :param Authorization authorization:
        :rtype: AuthorizationState
        """
        return read_authorization(self.request('POST', _AUTHORIZATIONS, {
            'out_authorization_no': authorization.number,
            'appid': authorization.app_id,
            'openid': authorization.openid,
            'transfer_scene_id': authorization.scene,
            'user_display_name': authorization.person,
            'user_recv_perception': authorization.perception,
            'authorization_notify_url': authorization.notify_url,
        }), authorization.number)

    def get_authorization(self, number):
        """Ask what became of a consent.

        :rtype: AuthorizationState
        :raise UnknownNumber: The platform has none of this number.
        """
        return read_authorization(
            self.request('GET', _get_path(number), query={'is_display_authorization': 'true'}), number)

    def close_authorization(self, number):
        """End a consent; asking tells when it is.

        :raise UnknownNumber: The platform has none of this number.
        """
        self.request('POST', f'{_get_path(number)}/close')


def _get_path(number):
    return f'{_AUTHORIZATIONS}/out-authorization-no/{quote(number, safe="")}'


def read_authorization(data, number=None):
    """Return what an answer or a notice says about a consent.

    :param dict data:
    :param str|None number: That was asked about.
    :rtype: AuthorizationState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    found, state = data.get('out_authorization_no') or number, extract(data, 'state', str)
    if not isinstance(found, str) or found != (number or found):
        raise Unreachable("the answer is about another consent")
    if state not in _STATES:
        raise Unreachable("the answer makes no sense")
    closed = data.get('close_info')
    reason = closed.get('close_reason') if isinstance(closed, dict) else ''
    platform_number, package, app_id, openid = (
        str(data.get(name) or '') for name in ('authorization_id', 'package_info', 'appid', 'openid'))
    return AuthorizationState(found, state, platform_number, package, str(reason or ''), app_id, openid)
