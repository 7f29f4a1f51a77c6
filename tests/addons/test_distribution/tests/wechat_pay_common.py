import os
import random
from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from odoo.addons.distribution_commission.tests.common import DistributionCommon
from odoo.addons.distribution_wechat.tests.common import run_job

from .wechat_common import connect_account, start_fake_wechat

APIV3_KEY, KEY_ID = 'k' * 32, 'PUB_KEY_ID_0100'
SHOP_URL = 'https://shop.example.com'


@cache
def get_pems():
    """Return the keys of merchant and platform: private and public PEM of each."""
    keys = [rsa.generate_private_key(65537, 2048) for _side in range(2)]
    return [(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
    ) for key in keys]


@cache
def get_certificate():
    """Return the certificate of the platform's key, as merchants without a public key have it: PEM."""
    key = serialization.load_pem_private_key(get_pems()[1][0].encode(), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tenpay")])
    return x509.CertificateBuilder(
        name, name, key.public_key(), 0xC2D, datetime(2020, 1, 1), datetime(2035, 1, 1),
    ).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def get_seeds(count=3):
    """Return the seeds of a storm: another set in each run, or the one of DISTRIBUTION_SEED to repeat it."""
    if seed := os.environ.get('DISTRIBUTION_SEED'):
        return [int(seed)]
    return [random.SystemRandom().randrange(10 ** 9) for _index in range(count)]


def tell_merchant(fake, mchid, app_id):
    """Let the fake know a merchant and its app."""
    (_private, public), (platform, _public) = get_pems()
    fake.tell('merchants', mchid=mchid, serial='0A1B', apiv3_key=APIV3_KEY, platform_serial='C2D', app_ids=[app_id],
              public_key=public, platform_private_key=platform, public_key_id=KEY_ID)


def connect_merchant(env, fake, app_id):
    """Make a merchant that both sides know, for an account that both sides know."""
    mchid = f'19{random.randrange(10 ** 8):08}'
    (private, _public), (_private, platform) = get_pems()
    tell_merchant(fake, mchid, app_id)
    env['ir.config_parameter'].set_param('distribution_wechat.pay_url', fake.url)
    env['ir.config_parameter'].set_param('web.base.url', SHOP_URL)
    return env['distribution.wechat.merchant'].create({
        'name': f"Merchant {mchid}", 'mchid': mchid, 'serial': '0A1B', 'private_key': private, 'apiv3_key': APIV3_KEY,
        'public_key_id': KEY_ID, 'public_key': platform})


def connect_person(env, fake, account, distributor, name):
    """Let a distributor be somebody in WeChat, who is known on both sides."""
    openid = fake.tell('people', name=name)['openids'][account.app_id]
    return env['distribution.wechat.identity'].sudo().create({
        'account_id': account.id, 'openid': openid, 'partner_id': distributor.partner_id.id})


class WechatTransferCase(DistributionCommon):
    """A company that pays in CNY through a merchant of the fake platform; the seller may withdraw 1,000."""

    APP_ID = 'wx00000000000000a1'

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('base.group_system')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        cls.currency = cls.env.ref('base.CNY')
        cls.currency.active = True
        cls.company.currency_id = cls.currency
        cls.env['product.pricelist'].search([]).currency_id = cls.currency
        cls.env['distribution.wechat.callback'].sudo().search([]).unlink()        # what tests that commit have left
        cls.env['distribution.wechat.account'].sudo().search([('app_id', '=', cls.APP_ID)]).app_id = 'wx00000000000000ff'
        cls.env.flush_all()
        cls.account = connect_account(cls.env, cls.fake, cls.APP_ID)
        cls.merchant = connect_merchant(cls.env, cls.fake, cls.APP_ID)
        cls.identity = connect_person(cls.env, cls.fake, cls.account, cls.seller, 'seller')
        cls.wechat = cls.env['distribution.payout.channel'].create({
            'name': "WeChat", 'code': 'wechat', 'sequence': 1, 'wechat_merchant_id': cls.merchant.id,
            'wechat_account_id': cls.account.id})
        cls._make_payable(100)

    def _approve(self, amount=100.0):
        """Return the payout of a withdrawal that waits to be sent."""
        withdrawal = self.seller._request_withdrawal(amount, channel=self.wechat)
        withdrawal.action_approve()
        return withdrawal.payout_ids

    def _run(self):
        run_job(self, 'distribution.payout', '_cron_process')

    def _sent(self, amount=100.0):
        payout = self._approve(amount)
        self._run()
        return payout

    def _move(self, bill, *states, **order):
        """Let the payee or the platform go on."""
        self.fake.tell('transfer', mchid=self.merchant.mchid, number=bill.name, states=states, **order)

    def _get_money(self):
        """Return what the platform really paid: number and fen."""
        money = self.fake.tell('money', mchid=self.merchant.mchid)['money']
        return sorted((entry['number'], entry['amount']) for entry in money if entry['kind'] == 'transfer')

    def _call_back(self, bill, **order):
        """Let the platform tell that a transfer is over, in the bytes that it sends; return whether it was new."""
        sent = self.fake.tell('notice', mchid=self.merchant.mchid, kind='transfer', number=bill.name, **order)
        notice = self.merchant._open_notice(sent['body'].encode(), sent['headers'])
        return self.env['distribution.wechat.callback'].sudo()._receive(self.merchant.sudo(), notice)

    def _run_notices(self):
        run_job(self, 'distribution.wechat.callback', '_cron_process')
