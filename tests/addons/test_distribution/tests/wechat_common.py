import importlib.util
from pathlib import Path

from odoo.tests import HttpCase, new_test_user

from odoo.addons.distribution_core.tests.common import NetworkBuilders, PrivacyBuilders
from odoo.addons.distribution_wechat.tests.common import run_job

FAKES = Path(__file__).resolve().parents[3] / 'fakes'
APP_ID, OTHER_APP_ID = 'wx00000000000000a1', 'wx00000000000000b2'
SECRET, TOKEN, AES_KEY = 'never-to-be-seen', 'NeverSeenWord', 'NeverSeen' + 'Z' * 34


def start_fake_wechat():
    """Start the fake platform, in a process of its own."""
    spec = importlib.util.spec_from_file_location('wechat_process', FAKES / 'wechat_process.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FakeWechat()


def connect_account(env, fake, app_id, **values):
    """Make an account that both sides know."""
    fake.tell('accounts', appid=app_id, secret=SECRET, token=TOKEN, aes_key=AES_KEY, oauth_host='127.0.0.1')
    env = env(su=True)
    env['ir.config_parameter'].set_param('distribution_wechat.api_url', fake.url)
    env['ir.config_parameter'].set_param('distribution_wechat.open_url', fake.url)
    return env['distribution.wechat.account'].create({
        'name': f"Account {app_id}", 'app_id': app_id, 'app_secret': SECRET, 'token': TOKEN, **values})


class FakeWechatCase(PrivacyBuilders, NetworkBuilders, HttpCase):
    """An official account in safe mode on the fake platform, and a distributor, Mei, with a portal user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        cls.env['distribution.wechat.message'].search([]).unlink()      # what tests that commit have left
        cls.account = connect_account(cls.env, cls.fake, APP_ID, aes_key=AES_KEY)
        cls.mei_user = new_test_user(
            cls.env, 'mei', groups='base.group_portal', name="Mei", email='mei@example.com', lang='en_US')
        cls.mei = cls._create_distributor(None, partner_id=cls.mei_user.partner_id.id, code='MEI888')

    def setUp(self):
        super().setUp()
        self.fake.tell('reset')
        for account in self.env['distribution.wechat.account'].search([]):
            self.fake.tell(
                'accounts', appid=account.app_id, secret=SECRET, token=TOKEN, aes_key=AES_KEY, oauth_host='127.0.0.1')
        self.openids = self.fake.tell('people', name='ann', follows=[APP_ID])['openids']

    def _push(self, message, account=None, mode='safe', **order):
        """Let the platform send a message of Ann; return what came of each call."""
        self.env.flush_all()
        account = account or self.account
        url = f'{self.base_url()}/distribution/wechat/{account.webhook_token}'
        with self.allow_requests(all_requests=True):
            result = self.fake.tell(
                'push', url=url, appid=account.app_id, person='ann', mode=mode, attempts=1, message=message, **order)
        self.env.invalidate_all()
        return result['answers']

    def _process_messages(self):
        run_job(self, 'distribution.wechat.message', '_cron_process')

    def _get_messages(self):
        return self.env['distribution.wechat.message'].search([])
