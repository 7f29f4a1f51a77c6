import base64
import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_wechatpay import WechatpayCase

HEADERS = ('Timestamp', 'Nonce', 'Serial', 'Signature', 'Signature-Type')
CALLBACK_LOGGER = 'odoo.addons.distribution_core.models.ir_cron'


@tagged('post_install', '-at_install')
class TestWechatpayTampering(WechatpayCase):
    """Every byte of a call back counts: with one that is changed nothing is kept, and nothing moves."""

    def _send(self, body, headers):
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.url_open(
            f'/distribution/wechat/pay/{self.merchant.webhook_token}', data=raw, headers=headers, method='POST').status_code

    def _assert_nothing_moved(self, tx, state='draft'):
        self.env.invalidate_all()
        self.assertFalse(self.env['distribution.wechat.callback'].search([('merchant_id', '=', self.merchant.id)]))
        self.assertEqual((tx.state, tx.provider_reference), (state, False))

    def _prepare_paid(self, **order):
        tx = self._announced()
        self._pay(tx)
        return tx, self._prepare_notice('payment', tx, **order)

    # === NOT AS IT WAS SIGNED === #

    def test_every_field_of_the_envelope_is_signed(self):
        tx, sent = self._prepare_paid()
        envelope = json.loads(sent['body'])
        for name in envelope:
            for change in ({**envelope, name: 'changed'}, {**envelope, name: None},
                           {key: value for key, value in envelope.items() if key != name}):
                with self.subTest(name, change=change.get(name)):
                    self.assertEqual(self._send(change, sent['headers']), 401)
        for name, value in envelope['resource'].items():
            for changed in ('changed', '', value[::-1], None, [], {}):
                if changed == value:
                    continue
                with self.subTest(f'resource.{name}', changed=changed):
                    self.assertEqual(
                        self._send({**envelope, 'resource': {**envelope['resource'], name: changed}}, sent['headers']), 401)
        for body in (b'', b'{}', b'null', b'[]', sent['body'].encode() + b' ', sent['body'].encode()[:-1], b'\xff'):
            with self.subTest(body[:10]):
                self.assertEqual(self._send(body, sent['headers']), 401)
        self._assert_nothing_moved(tx)
        self.assertEqual(self._send(sent['body'].encode(), sent['headers']), 200, "Unchanged it is taken")

    def test_every_header_is_compared(self):
        tx, sent = self._prepare_paid()
        other = self._prepare_notice('payment', tx)['headers']
        for name in HEADERS:
            key = f'Wechatpay-{name}'
            values = ['', 'x', '0', sent['headers'][key] + '0', other[key] if name in ('Nonce', 'Signature') else '-1']
            for value in values[1:] if name == 'Signature-Type' else values:
                with self.subTest(name, value=value):
                    self.assertEqual(self._send(sent['body'].encode(), {**sent['headers'], key: value}), 401)
            if name == 'Signature-Type':      # older calls have none
                continue
            with self.subTest(name, value=None):
                missing = {header: value for header, value in sent['headers'].items() if header != key}
                self.assertEqual(self._send(sent['body'].encode(), missing), 401)
        for seconds in (300, 301, 86400, -400):
            old = self._prepare_notice('payment', tx, stale=seconds)
            with self.subTest(stale=seconds):
                self.assertEqual(self._send(old['body'].encode(), old['headers']), 401)
        signature = bytearray(base64.b64decode(sent['headers']['Wechatpay-Signature']))
        for index in (0, len(signature) // 2, len(signature) - 1):
            changed = signature[:]
            changed[index] ^= 1
            with self.subTest(bit=index):
                self.assertEqual(self._send(sent['body'].encode(), {
                    **sent['headers'], 'Wechatpay-Signature': base64.b64encode(changed).decode()}), 401)
        self._assert_nothing_moved(tx)

    # === SIGNED WELL, AND NO NOTICE === #

    def test_what_is_signed_and_makes_no_sense_is_refused(self):
        tx, sent = self._prepare_paid()
        resource = json.loads(sent['body'])['resource']
        for signed in (
            {'id': ''}, {'id': None}, {'id': 5}, {'event_type': ''}, {'event_type': ['TRANSACTION.SUCCESS']}, {'resource': None},
            {'resource': 'x'}, {'resource': {}}, *({'resource': {**resource, **change}} for change in (
                {'algorithm': 'AEAD_AES_128_GCM'}, {'algorithm': None}, {'nonce': 'x' * 12}, {'nonce': ''}, {'nonce': 5},
                {'associated_data': 'refund'}, {'associated_data': ''}, {'ciphertext': ''}, {'ciphertext': 'AAAA'},
                {'ciphertext': resource['ciphertext'][4:]}, {'original_type': ['transaction']})),
        ):
            with self.subTest(signed):
                self.assertEqual(self._call_back('payment', tx, signed=signed), 401)
        self._assert_nothing_moved(tx)

    # === SIGNED WELL, AND ABOUT SOMETHING ELSE === #

    @mute_logger(CALLBACK_LOGGER, 'odoo.addons.payment.models.payment_transaction')
    def test_every_field_of_a_payment_is_compared_or_means_nothing(self):
        amount = {'total': 111111, 'payer_total': 111111, 'currency': 'CNY', 'payer_currency': 'CNY'}
        cases = [
            *(({'appid': value}, 'draft') for value in ('', None, 5, 'wx0000000000000000')),
            *(({'mchid': value}, 'draft') for value in ('', None, 5, '1900000000')),
            *(({'out_trade_no': value}, 'draft') for value in ('', None, 5, [], 'SO-ELSE')),
            *(({'trade_state': value}, 'draft') for value in (
                '', None, 5, 'success', 'NOTPAY', 'USERPAYING', 'PAYERROR', 'REVOKED', 'SOMETHING NEW')),
            ({'trade_state': 'CLOSED'}, 'cancel'),
            *(({'amount': value}, 'error') for value in (None, {})),
            *(({'amount': value}, 'draft') for value in ('x', 5, [1])),
            *(({'amount': {**amount, 'total': value}}, 'error') for value in (1, 111110, 111112, -111111, 0, None)),
            *(({'amount': {**amount, 'total': value}}, 'draft') for value in ('111111', 111111.0, True, [])),
            *(({'amount': {**amount, 'currency': value}}, 'error') for value in ('USD', 'cny', '', None)),
            # What says nothing about the money.
            *(({name: value}, 'done') for name in (
                'trade_type', 'trade_state_desc', 'bank_type', 'attach', 'success_time', 'payer', 'something_new')
              for value in ('', None, 5, {'x': 1})),
            ({'amount': {**amount, 'payer_total': 1, 'payer_currency': 'USD'}}, 'done'),    # the rest is a coupon's
        ]
        for number, (data, state) in enumerate(cases):
            with self.subTest(data):
                tx = self._announced(reference=f'Field {number}')
                self._pay(tx)
                self.assertEqual(self._call_back('payment', tx, data=data, id=f'F{number}'), 200)
                self._run_notices()
                self.assertEqual(tx.state, state)

    @mute_logger(CALLBACK_LOGGER, 'odoo.addons.payment.models.payment_transaction')
    def test_every_field_of_a_refund_is_compared_or_means_nothing(self):
        tx = self._paid()
        amount = {'total': 111111, 'refund': 100, 'payer_total': 111111, 'payer_refund': 100}
        for number, (data, state) in enumerate([
            *(({'out_trade_no': value}, 'pending') for value in ('', None, 5, 'SO-ELSE')),
            *(({'out_refund_no': value}, 'pending') for value in ('', None, 5, 'R-ELSE')),
            *(({'refund_id': value}, 'pending') for value in ('5030', 5)),
            *(({'refund_status': value}, 'pending') for value in ('', None, 5, 'success', 'PROCESSING', 'SOMETHING NEW')),
            *(({'mchid': value}, 'pending') for value in ('', None, 5, '1900000000')),
            *(({'amount': {**amount, 'refund': value}}, 'error') for value in (1, 101, -100, 0, None)),
            *(({'amount': {**amount, 'refund': value}}, 'pending') for value in ('100', 100.0, True)),
            *(({name: value}, 'done') for name in ('user_received_account', 'success_time', 'something_new')
              for value in ('', None, 5)),
        ]):
            with self.subTest(data):
                refund = tx._refund(1.0)
                self._ask()
                self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number)
                self.assertEqual(self._call_back('refund', refund, data=data, id=f'R{number}'), 200)
                self._run_notices()
                self.assertEqual(refund.state, state)

    @mute_logger(CALLBACK_LOGGER, 'odoo.addons.payment.models.payment_transaction')
    def test_what_is_over_is_not_changed_by_another_notice(self):
        tx, _sent = self._prepare_paid()
        self.assertEqual(self._call_back('payment', tx), 200)
        self._run_notices()
        before = (tx.state, tx.provider_reference, tx.state_message)
        for number, data in enumerate((
            {'transaction_id': '4200'}, {'trade_state': 'CLOSED'}, {'trade_state': 'NOTPAY'}, {'amount': {'total': 1, 'currency': 'CNY'}},
        )):
            with self.subTest(data):
                self.assertEqual(self._call_back('payment', tx, data=data, id=f'O{number}'), 200)
                self._run_notices()
                self.assertEqual((tx.state, tx.provider_reference, tx.state_message), before)
        other = self._announced(reference="Given up")
        self._pay(other)
        other._set_canceled()
        for number, total in enumerate((1, 1, 111112)):
            self._call_back('payment', other, data={'amount': {'total': total, 'currency': 'CNY'}}, id=f'G{number}')
            self._run_notices()
            self.assertEqual(other.state, 'cancel')
        self._call_back('payment', other)
        self._run_notices()
        self.assertEqual(other.state, 'done')
