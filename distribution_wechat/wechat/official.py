"""What an official account asks of the platform."""
from typing import NamedTuple
from urllib.parse import quote, urlencode

from .errors import SnapshotUser
from .transport import Transport, check_base_url, extract

OPEN_URL = 'https://open.weixin.qq.com'
SCENE_MAX = 64
QR_SECONDS_MAX = 30 * 24 * 60 * 60


class WebLogin(NamedTuple):
    """Who came back from the page of the login."""

    openid: str
    unionid: str | None
    access_token: str       # of this person's consent; not the one of the API
    scope: str


class Scannable(NamedTuple):
    """A code that leads into the chat with the account."""

    ticket: str             # for the platform's picture of it
    url: str                # what the code says: can be drawn here
    seconds: int


def get_authorize_url(app_id, redirect_uri, state, is_silent=True, base_url=OPEN_URL):
    """Return the page in WeChat's browser that sends people back with a code.

    The platform asks for this order of the parameters, and for the fragment.

    :param str app_id:
    :param str redirect_uri: On the domain that the console knows.
    :param str state: Letters and digits, at most 128: random, and bound to the session.
    :param bool is_silent: Whether nobody is asked; then nothing but the openid is told.
    :rtype: str
    """
    query = urlencode({
        'appid': app_id,
        'redirect_uri': redirect_uri,
        'response_type': 'code',
        'scope': 'snsapi_base' if is_silent else 'snsapi_userinfo',
        'state': state,
    }, quote_via=quote, safe='')
    return f'{check_base_url(base_url)}/connect/oauth2/authorize?{query}#wechat_redirect'


class OfficialAccount(Transport):

    # -- login

    def exchange_code(self, code):
        """Return who came back with a code; a code is good once.

        :rtype: WebLogin
        :raise BadCode: It is wrong, over or used.
        :raise SnapshotUser: It is nobody: the platform looks at the page on its own behalf.
        """
        answer = self.request('GET', '/sns/oauth2/access_token', {
            'appid': self.app_id, 'secret': self._app_secret, 'code': code, 'grant_type': 'authorization_code'})
        if answer.get('is_snapshotuser'):
            raise SnapshotUser("the visitor sees a preview of the page")
        return WebLogin(
            extract(answer, 'openid', str), answer.get('unionid') or None,
            extract(answer, 'access_token', str), answer.get('scope') or '')

    def get_userinfo(self, login):
        """Return what a person lets the account know.

        :param WebLogin login: One with consent.
        :return: `nickname`, `headimgurl`, `unionid` and more.
        :rtype: dict
        """
        return self.request('GET', '/sns/userinfo', {
            'access_token': login.access_token, 'openid': login.openid, 'lang': 'zh_CN'})

    # -- pages

    def fetch_ticket(self):
        """Fetch the ticket that signs pages.

        :return: The ticket, and for how many seconds it is good.
        :rtype: tuple[str, int]
        """
        answer = self.call('GET', '/cgi-bin/ticket/getticket', {'type': 'jsapi'})
        return extract(answer, 'ticket', str), extract(answer, 'expires_in', int)

    # -- codes to scan

    def create_qr(self, scene, seconds=QR_SECONDS_MAX):
        """Make a code to scan that is good for a while; codes for ever are few, and never die.

        :param str scene: What the scan will tell; at most 64 characters, nothing personal.
        :param int seconds: At most 30 days.
        :rtype: Scannable
        """
        if not 1 <= len(scene) <= SCENE_MAX or not 1 <= seconds <= QR_SECONDS_MAX:
            raise ValueError("A scene has 1 to 64 characters, and is good for at most 30 days.")
        answer = self.call('POST', '/cgi-bin/qrcode/create', body={
            'expire_seconds': seconds, 'action_name': 'QR_STR_SCENE', 'action_info': {'scene': {'scene_str': scene}}})
        return Scannable(
            extract(answer, 'ticket', str), extract(answer, 'url', str), answer.get('expire_seconds') or seconds)

    # -- messages

    def send_template(self, openid, template_id, values, url=None, message_id=None):
        """Send a service notice.

        :param str openid: Of a follower.
        :param dict[str, str] values: By the names of the template's fields.
        :param str|None url: The page that it leads to.
        :param str|None message_id: The same one is not sent twice within ten minutes.
        :return: The number that the platform reports the delivery under.
        :rtype: str
        """
        answer = self.call('POST', '/cgi-bin/message/template/send', body={
            **prepare_message(openid, template_id, values),
            **({'url': url} if url else {}),
            **({'client_msg_id': message_id} if message_id else {}),
        })
        return str(answer.get('msgid', ''))

    def send_subscription(self, openid, template_id, values, page=None):
        """Send a message that the person has consented to; one consent is one message."""
        self.call('POST', '/cgi-bin/message/subscribe/bizsend', body={
            **prepare_message(openid, template_id, values), **({'page': page} if page else {})})


def prepare_message(openid, template_id, values):
    """Return the part that all kinds of messages have."""
    return {
        'touser': openid, 'template_id': template_id,
        'data': {name: {'value': value} for name, value in values.items()}}
