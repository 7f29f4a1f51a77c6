import hashlib
import time
from contextlib import nullcontext

from odoo.tests import HttpCase, new_test_user

from odoo.addons.distribution_core.tests.common import NetworkBuilders, PrivacyBuilders

from ..wechat import encrypt

TOKEN, AES_KEY, APP_ID, SECRET = 'AAAAA', 'A' * 43, 'wxba5fad812f8e6fb9', 'the-app-secret'
OPENID, ORIGINAL_ID = 'o9AgO5Kd5ggOC-bXrbNODIiE3bGY', 'gh_97417a04a28d'


def run_job(case, model, method):
    """Run a scheduled job, which commits, in a cursor of its own."""
    case.env.flush_all()
    with nullcontext() if isinstance(case, HttpCase) else case.enter_registry_test_mode(), case.registry.cursor() as cr:
        getattr(case.env(cr=cr, su=True)[model], method)()
    case.env.invalidate_all()


class WechatCommon(PrivacyBuilders, NetworkBuilders, HttpCase):
    """An official account in plain mode, and a distributor, Mei, with a portal user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._create_account("Shop on WeChat", APP_ID)
        cls.mei_user = new_test_user(
            cls.env, 'mei', groups='base.group_portal', name="Mei", email='mei@example.com', lang='en_US')
        cls.mei = cls._create_distributor(None, partner_id=cls.mei_user.partner_id.id, code='MEI888')

    @classmethod
    def _create_account(cls, name, app_id, **values):
        return cls.env['distribution.wechat.account'].create({
            'name': name, 'app_id': app_id, 'app_secret': SECRET, 'token': TOKEN, **values})

    def _push(self, body, account=None, is_safe=False, age=0, headers=None, **changes):
        """Call the address for messages as the platform does; `changes` are parameters, None: without."""
        account = account or self.account
        timestamp, nonce = str(int(time.time()) - age), '415670741'
        params = {'signature': self._sign(TOKEN, timestamp, nonce), 'timestamp': timestamp, 'nonce': nonce}
        if is_safe:
            encrypted = encrypt(body, account.app_id, AES_KEY)
            body = f'<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>'
            params.update(encrypt_type='aes', msg_signature=self._sign(TOKEN, timestamp, nonce, encrypted))
        return self.url_open(
            f'/distribution/wechat/{account.webhook_token}', data=body if isinstance(body, bytes) else body.encode(),
            params={**params, **changes}, headers={'Content-Type': 'text/xml', **(headers or {})}, method='POST',
            allow_redirects=False)

    @staticmethod
    def _sign(*parts):
        return hashlib.sha1(''.join(sorted(parts)).encode()).hexdigest()

    @staticmethod
    def _event(event='', openid=OPENID, at=None, **fields):
        """Return the XML of an event, or of a message."""
        fields = {
            'ToUserName': ORIGINAL_ID, 'FromUserName': openid, 'CreateTime': int(at or time.time()),
            **({'MsgType': 'event', 'Event': event} if event else {'MsgType': 'text', 'MsgId': '1'}), **fields}
        return f"<xml>{''.join(f'<{name}>{value}</{name}>' for name, value in fields.items())}</xml>"

    def _get_messages(self):
        return self.env['distribution.wechat.message'].search([])

    def _process(self):
        run_job(self, 'distribution.wechat.message', '_cron_process')

    def _get_touches(self):
        return self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)])
