import logging
import os
import random

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_wechatpay import WechatpayCase

_logger = logging.getLogger(__name__)

# How many in every run; DISTRIBUTION_PAYMENTS=1000 for a long one.
PAYMENTS = int(os.environ.get('DISTRIBUTION_PAYMENTS') or 100)
FAULTS = [
    {'status': 502, 'after': True}, {'status': 502}, {'status': 504, 'late': 0.05}, {'status': 200, 'text': '{}'},
    {'status': 500, 'text': '{"code":"SYSTEM_ERROR"}', 'after': True}, {'status': 429, 'text': '{"code":"FREQUENCY_LIMITED"}'},
]


@tagged('post_install', '-at_install')
class TestWechatpayFaults(WechatpayCase):
    """Whatever becomes of calls and calls back: each customer pays once, and what was paid is what is done."""

    @mute_logger(
        'odoo.addons.distribution_wechat.models.distribution_wechat_callback',
        'odoo.addons.distribution_wechat.models.payment_transaction', 'odoo.addons.payment.models.payment_transaction')
    def test_a_storm_of_payments_loses_nothing(self):
        seed = random.SystemRandom().randrange(10 ** 9)
        _logger.info("%s payments with the seed %s", PAYMENTS, seed)
        chance = random.Random(seed)
        transactions = self.env['payment.transaction'].sudo()
        with self.subTest(seed=seed):
            for number in range(PAYMENTS):
                transactions |= self._create_transaction(
                    'redirect', reference=f'Storm {number}', amount=chance.choice([0.01, 12.34, 1111.11]))
                for _step in range(4):
                    self._step(chance, chance.choice(transactions[-10:]))
                if number % 10 == 9:
                    self._ask()
                    self._run_notices()
            self._settle(transactions)
            self._assert_platform_and_transactions_agree(transactions)

    def _step(self, chance, tx):
        """One thing that somebody does, with a network that may fail."""
        if chance.random() < 0.4:
            self.fake.tell('faults', path=chance.choice(['/v3/pay/*', '/v3/refund/*']), **chance.choice(FAULTS))
        step = chance.choice(['announce', 'announce', 'pay', 'pay', 'tell', 'tell', 'refund', 'decide'])
        getattr(self, f'_step_{step}')(chance, tx)

    def _step_announce(self, chance, tx):
        try:
            tx._wechatpay_announce(chance.choice(['native', 'h5']), client_ip='203.0.113.9')
        except UserError as error:
            _logger.debug("%s: %s", tx.reference, error)

    def _step_pay(self, _chance, tx):
        if self._get_platform()['orders'].get(tx.wechatpay_number) == 'NOTPAY':
            self._pay(tx)

    def _step_tell(self, chance, tx):
        """The platform calls back: once, twice, now and then under another id."""
        refunds = tx.child_transaction_ids
        platform = self._get_platform()
        told = [('payment', tx)] if platform['orders'].get(tx.wechatpay_number) == 'SUCCESS' else []
        told += [('refund', refund) for refund in refunds
                 if platform['refunds'].get(refund.wechatpay_number) in ('SUCCESS', 'CLOSED')]
        chance.shuffle(told)
        for kind, about in told * chance.choice([1, 1, 2]):
            self.assertEqual(self._call_back(kind, about, **chance.choice([{}, {'id': f'{chance.random()}'}])), 200)

    def _step_refund(self, chance, tx):
        if tx.state == 'done' and not tx.child_transaction_ids:
            for amount in chance.choice([[tx.amount], [0.01], [tx.amount, 0.01]]):
                tx._refund(amount)

    def _step_decide(self, chance, _tx, share=0.5):
        """Refunds arrive at the customer, or are closed."""
        for number, state in self._get_platform()['refunds'].items():
            if state == 'PROCESSING' and chance.random() < share:
                self.fake.tell('refund', mchid=self.merchant.mchid, number=number,
                               state=chance.choice(['SUCCESS', 'SUCCESS', 'CLOSED']))

    def _settle(self, transactions):
        self.fake.tell('calm')
        chance = random.Random(0)
        for _run in range(4):
            self._ask()
            self._run_notices()
            self._step_decide(chance, None, share=1)
        transactions.filtered(lambda tx: tx.wechatpay_number and tx.state == 'draft').wechatpay_expires_at = \
            Datetime.subtract(Datetime.now(), minutes=1)
        self._ask()

    def _assert_platform_and_transactions_agree(self, transactions):
        platform = self._get_platform()
        paid = {
            kind: sorted((entry['number'], entry['amount']) for entry in platform['money'] if entry['kind'] == kind)
            for kind in ('payment', 'refund')}
        refunds = transactions.child_transaction_ids
        done, given_back = (txs.filtered(lambda tx: tx.state == 'done') for txs in (transactions, refunds))
        self.assertEqual(paid['payment'], sorted((tx.wechatpay_number, round(tx.amount * 100)) for tx in done))
        self.assertEqual(paid['refund'], sorted((tx.wechatpay_number, round(-tx.amount * 100)) for tx in given_back))
        self.assertFalse((transactions | refunds).filtered(lambda tx: tx.wechatpay_number and tx.state in ('draft', 'pending')))
        _logger.info("%s paid, %s refunded, %s refunds came to nothing", len(done), len(given_back), len(refunds - given_back))

    def _get_platform(self):
        return self.fake.tell('money', mchid=self.merchant.mchid)
