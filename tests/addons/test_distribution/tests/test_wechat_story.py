import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import requests

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tests.common import ChromeBrowser

from odoo.addons.distribution_core.tests.common import PrivacyBuilders
from odoo.addons.distribution_portal.controllers.api.operation import PREFIX
from odoo.addons.distribution_website_sale.tests import test_e2e

from .wechat_common import (
    APP_ID,
    OTHER_APP_ID,
    SECRET,
    TOKEN,
    FakeWechatCase,
    connect_account,
    start_fake_wechat,
)

AGENT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit/605 Mobile/15E148 MicroMessenger/8.0.50 Language/zh_CN'
SCRIPT, REPORT = 'https://res.wx.qq.com/open/js/jweixin', 'https://res.wx.qq.com/report'
# What WeChat's script does, as far as the pages use it; what it is told is told on.
FAKE_WX = """
const tell = (name) => (value) => fetch(`REPORT?name=${name}&value=${encodeURIComponent(JSON.stringify(value))}`);
window.wx = {
    config: tell("config"), ready: (callback) => callback(),
    updateAppMessageShareData: tell("message"), updateTimelineShareData: tell("timeline"),
};
""".replace('REPORT', REPORT)


@tagged('post_install', '-at_install', 'distribution_e2e')
class TestWechatStory(test_e2e.TestE2E):
    """Chromium says that it is WeChat's browser; all pages are real, and the fake platform is between them."""

    # The tests of the parent run in its own class.
    test_a_distributor_sees_the_commission_of_a_sale_through_its_link = None
    test_a_distributor_earns_nothing_on_what_it_buys_itself = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(PrivacyBuilders._keys(PrivacyBuilders.KEY))
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        cls.account = connect_account(cls.env, cls.fake, APP_ID, company_id=cls.company.id, is_login=True)
        cls.env['distribution.wechat.notice'].search([]).unlink()
        cls.env['distribution.wechat.template'].create({
            'account_id': cls.account.id, 'topic': 'commission', 'template_code': 'T-COMMISSION',
            'line_ids': [Command.create({'name': 'amount2', 'value': "{amount}"})]})
        cls.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2c')
        cls.env['website'].search([]).auth_signup_uninvited = 'b2c'

    def setUp(self):
        super().setUp()
        self.browser_size, self.touch_enabled, self.reports = '390x844', True, {}
        self.fake.tell(
            'accounts', appid=APP_ID, secret=SECRET, token=TOKEN, oauth_host='127.0.0.1',
            templates={'T-COMMISSION': ['amount2']})
        self.openids = {
            name: self.fake.tell('people', name=name, follows=follows)['openids'][APP_ID]
            for name, follows in (('ann', []), ('mei', [APP_ID]))}
        self._pretend_to_be(AGENT)

    def _pretend_to_be(self, agent):
        start = ChromeBrowser.__init__

        def start_as(browser, *args, **kwargs):
            start(browser, *args, **kwargs)
            browser._websocket_request('Emulation.setUserAgentOverride', params={'userAgent': agent})

        self.patch(ChromeBrowser, '__init__', start_as)

    def fetch_proxy(self, url):
        """Be the host of WeChat's script."""
        if url.startswith(SCRIPT):
            return self.make_fetch_proxy_response(FAKE_WX)
        if url.startswith(REPORT):
            query = parse_qs(urlsplit(url).query)
            self.reports[query['name'][0]] = json.loads(query['value'][0])
            return self.make_fetch_proxy_response('')
        return super().fetch_proxy(url)

    def _bind(self, name, partner):
        return self.env['distribution.wechat.identity'].create({
            'account_id': self.account.id, 'openid': self.openids[name], 'is_follower': True})._bind(partner)

    def test_who_opens_a_link_in_wechat_is_known_and_buys_and_the_distributor_is_told(self):
        self._bind('mei', self.mei_user.partner_id)
        ann = new_test_user(self.env, 'ann', groups='base.group_portal', name="Ann", email=False)
        ann.write({'company_ids': [Command.set(self.company.ids)], 'company_id': self.company.id})
        self._bind('ann', ann.partner_id)
        self.fake.tell('browser', person='ann')
        self.start_tour('/d/MEI888?to=/shop', 'distribution_shopper_buys', login=None)
        order = self.env['sale.order'].search([('order_line.product_id', '=', self.oolong.id)])
        self.assertEqual(order.partner_id, ann.partner_id)      # nobody has typed a password
        self.assertFalse(self.fake.calls('/sns/userinfo'))       # nor was asked for consent
        self._fulfil(order)
        self.assertEqual(order.attribution_ids.distributor_id, self.mei)
        self.assertFalse(self.fake.log['messages'])
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)['distribution.wechat.notice']._cron_send()
        [message] = self.fake.log['messages']
        self.assertEqual(message['touser'], self.openids['mei'])
        self.assertRegex(message['data']['amount2']['value'], r'^\W?10\.00$')
        self.assertEqual(self.fake.log['violations'], [])

    def test_what_is_shared_of_a_page_is_what_wechat_is_told(self):
        url = f'{self.base_url()}/shop?search=oolong'
        self.browser_js('/shop?search=oolong', """
            const wait = () => (window.wx ? setTimeout(() => console.log("test successful"), 500) : setTimeout(wait, 100));
            wait();
        """, login='mei')
        [call] = self.fake.calls('/cgi-bin/ticket/getticket')
        config, ticket = self.reports['config'], json.loads(call['answer'])['ticket']
        signed = (
            f"jsapi_ticket={ticket}&noncestr={config['nonceStr']}&timestamp={config['timestamp']}&url={url}")
        self.assertEqual(config, {
            'debug': False, 'appId': APP_ID, 'timestamp': config['timestamp'], 'nonceStr': config['nonceStr'],
            'signature': hashlib.sha1(signed.encode()).hexdigest(),
            'jsApiList': ['updateAppMessageShareData', 'updateTimelineShareData']})
        link = f'{self.base_url()}/d/MEI888?to=%2Fshop%3Fsearch%3Doolong'
        self.assertEqual(self.reports['message']['link'], link)
        self.assertEqual(set(self.reports['message']), {'title', 'desc', 'link', 'imgUrl'})
        self.assertTrue(self.reports['message']['title'])
        self.assertLessEqual(len(self.reports['message']['desc']), 80)
        self.assertEqual(
            self.reports['timeline'], {name: self.reports['message'][name] for name in ('title', 'link', 'imgUrl')})

    def test_another_browser_asks_for_nothing(self):
        self._pretend_to_be(AGENT.partition('MicroMessenger')[0])
        self.browser_js(
            '/shop', 'setTimeout(() => console.log(window.wx ? "wx" : "test successful"), 1500)', login='mei')
        self.assertFalse(self.reports)
        self.assertFalse(self.fake.calls('/cgi-bin/ticket/getticket'))


@tagged('post_install', '-at_install')
class TestWechatPaths(FakeWechatCase):
    """The same person by several ways is one customer, and belongs to one distributor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.is_login = True
        cls.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2c')
        cls.env['website'].search([]).auth_signup_uninvited = 'b2c'
        cls._next_policy(binding_mode='first')
        cls.rival = cls._create_distributor("Rival", code='RIVAL9')
        cls.tea = cls.env['product.product'].create({'name': "Tea", 'list_price': 10, 'taxes_id': False})
        cls.left = cls.env['distribution.wechat.identity'].search([])       # by tests that commit

    def setUp(self):
        super().setUp()
        self.fake.tell('browser', person='ann')

    def _open(self, url):
        return self.url_open(url, headers={'User-Agent': AGENT}, allow_redirects=False)

    def _log_in(self, url='/distribution/wechat/login?to=/my/home&ask=1'):
        """Go to WeChat and come back."""
        address = self._open(url).headers['Location']
        if '/distribution/wechat/login' in address:         # of a link: once more
            address = self._open(address).headers['Location']
        self._open(requests.get(address, allow_redirects=False, timeout=10).headers['Location'])
        self.env.invalidate_all()

    def _scan(self, code, event='SCAN'):
        prefix = 'qrscene_' if event == 'subscribe' else ''
        self._push({'MsgType': 'event', 'Event': event, 'EventKey': f'{prefix}{code}', 'Ticket': 'T'})
        self._process_messages()

    def _identities(self):
        return self.env['distribution.wechat.identity'].search([('id', 'not in', self.left.ids)], order='id')

    def _buy(self):
        """Let Ann buy; return who is credited."""
        [partner] = self._identities().partner_id
        order = self.env['sale.order'].create({
            'partner_id': partner.id, 'order_line': [Command.create({'product_id': self.tea.id})]})
        order.action_confirm()
        self.env['distribution.binding']._follow()
        return self.env['distribution.attribution'].search([('order_id', '=', order.id)]).distributor_id

    def _get_bindings(self):
        return self.env['distribution.binding'].search([
            ('partner_id', 'in', self._identities().partner_id.ids), ('until_at', '=', False)])

    def test_a_new_follower_who_scanned_a_code_belongs_to_its_distributor(self):
        self._scan('MEI888', 'subscribe')
        self._log_in()
        self.assertEqual(self._buy(), self.mei)
        self.assertRecordValues(self._get_bindings(), [{'distributor_id': self.mei.id, 'source': 'scan'}])

    def test_first_by_a_link_then_by_a_scan_is_one_customer_with_one_binding(self):
        self._log_in('/d/RIVAL9?to=/my/home')
        self._log_in()
        self._scan('MEI888')
        identity = self._identities()
        self.assertEqual((len(identity), len(identity.partner_id)), (1, 1))
        policy = self.env['distribution.policy']._get_in_force(self.env.company)
        winner = self._buy()
        self.assertEqual(winner, self.rival if policy.attribution_model == 'first' else self.mei)
        self.assertRecordValues(self._get_bindings(), [{'distributor_id': winner.id}])
        self.assertEqual(
            self.env['distribution.touch'].search([('distributor_id', 'in', (self.mei + self.rival).ids)]).mapped('kind'),
            ['scan', 'visit'])
        self._scan('RIVAL9' if winner == self.mei else 'MEI888')
        self.assertEqual(self._buy(), winner)
        self.assertEqual(len(self._get_bindings()), 1)

    def test_two_accounts_of_a_company_know_one_customer(self):
        connect_account(self.env, self.fake, OTHER_APP_ID, kind='mini')
        self.fake.tell('accounts', appid=OTHER_APP_ID, kind='mini')
        self._log_in()
        partner = self._identities().partner_id
        self.assertTrue(partner)
        code = self.fake.tell('codes', kind='login', appid=OTHER_APP_ID, person='ann')['code']
        self.opener.cookies.clear()
        response = self.url_open(
            f'{PREFIX}/wechat/token', json={'app_id': OTHER_APP_ID, 'code': code, 'scene': 's=MEI888'}, method='POST')
        self.assertEqual(response.status_code, 201, response.text)
        self.env.invalidate_all()
        self.assertEqual(len(self._identities()), 2)
        self.assertEqual(self._identities().partner_id, partner)
        self.assertEqual(self._buy(), self.mei)
