from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_wechatpay import APP_ID, MINI_ID, WechatpayCase
from .wechat_pay_common import run_job

UPLOAD, ASK = '/wxa/sec/order/upload_shipping_info', '/wxa/sec/order/get_order'


@tagged('post_install', '-at_install')
class TestWechatShipping(WechatpayCase):
    """WeChat holds back what is paid in a mini program until it is told of the delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env['product.product'].create({'name': "Tea", 'type': 'consu', 'list_price': 100.0, 'taxes_id': False})
        cls.service = cls.env['product.product'].create({
            'name': "Course", 'type': 'service', 'list_price': 100.0, 'taxes_id': False, 'invoice_policy': 'order'})
        cls.carrier = cls.env['delivery.carrier'].create({
            'name': "Swift", 'product_id': cls.service.id, 'delivery_type': 'fixed', 'wechat_code': 'ZTO'})
        cls.env['distribution.wechat.shipping'].search([('state', 'in', ('waiting', 'promised', 'told'))]).write({
            'next_try_at': Datetime.now() + timedelta(days=1000)})      # of tests that commit

    def _buy(self, *products, way='mini'):
        """Return the delivery to be told of an order that was paid, and the order."""
        order = self.env['sale.order'].create({
            'partner_id': self.partner.id,
            'order_line': [Command.create({'product_id': product.id}) for product in products or self.product]})
        order.action_confirm()
        openid = self.openids[MINI_ID if way == 'mini' else APP_ID]
        tx = self._announced(
            way, openid, reference=order.name, amount=100.0, sale_order_ids=[Command.set(order.ids)])
        self.fake.tell('pay', mchid=self.merchant.mchid, number=tx.wechatpay_number, openid=openid)
        tx._wechatpay_ask()
        return self._get(tx), order

    def _get(self, tx):
        return self.env['distribution.wechat.shipping'].search([('transaction_id', '=', tx.id)])

    def _deliver(self, order, tracking=None, carrier=None):
        picking = order.picking_ids
        picking.write({'carrier_id': (carrier or self.carrier).id if tracking else False, 'carrier_tracking_ref': tracking})
        picking.move_ids.quantity = 1
        picking.with_context(skip_sms=True, skip_backorder=True).button_validate()
        self.assertEqual(picking.state, 'done')

    def _run(self, shipping, times=1):
        for _time in range(times):
            shipping.next_try_at = Datetime.now() - timedelta(minutes=1)
            run_job(self, 'distribution.wechat.shipping', '_cron_go_on')

    def _calls(self, path=UPLOAD):
        return [call for call in self.fake.log['calls'] if call['path'] == path]

    def _get_told(self, shipping):
        """Return what the platform was told of the delivery."""
        platform = self.fake.tell('money', mchid=self.merchant.mchid)
        return platform['shippings'].get(shipping.transaction_id.wechatpay_number)

    def test_a_delivery_by_express_is_told_once_all_of_it_left(self):
        shipping, order = self._buy()
        self.assertEqual((shipping.state, shipping.openid), ('waiting', self.openids[MINI_ID]))
        self._run(shipping)
        self.assertEqual((shipping.state, self._get_told(shipping)), ('waiting', None))
        self._deliver(order, 'ZT1, ZT2')
        self._run(shipping, 2)
        self.assertEqual(shipping.state, 'told')
        self.assertEqual(self._get_told(shipping), [{'kind': 1, 'parcels': [
            {'item_desc': "Tea", 'tracking_no': 'ZT1', 'express_company': 'ZTO'},
            {'item_desc': "Tea", 'tracking_no': 'ZT2', 'express_company': 'ZTO'}]}])
        self._run(shipping)
        self.assertEqual(shipping.state, 'told')
        self.fake.tell('shipping', mchid=self.merchant.mchid, number=shipping.transaction_id.wechatpay_number, state=3)
        self._run(shipping)
        self.assertEqual(shipping.state, 'received')

    def test_what_needs_no_express_is_told_as_it_is(self):
        for product, kind in ((self.product, 2), (self.service, 3)):
            with self.subTest(product.name):
                shipping, order = self._buy(product)
                if product == self.product:
                    self._deliver(order)
                else:
                    order.order_line.qty_delivered = 1
                self._run(shipping, 2)
                self.assertEqual(self._get_told(shipping), [{'kind': kind, 'parcels': [{'item_desc': product.name}]}])

    def test_nothing_is_told_of_what_was_paid_elsewhere_or_is_not_wanted(self):
        self.assertFalse(self._buy(way='jsapi')[0])
        self.mini.is_shipping_told = False
        self.assertFalse(self._buy()[0])

    def test_one_company_wants_the_end_of_the_phone_number(self):
        self.carrier.wechat_code = 'SF'
        self.partner.phone = False
        shipping, order = self._buy()
        self._deliver(order, 'SF1')
        self._run(shipping)
        self.assertEqual(shipping.state, 'waiting')
        self.assertIn("WeChat wants the phone number of the receiver", shipping.error)
        self.partner.phone = '+86 138 0013 8000'
        self._run(shipping, 2)
        self.assertEqual(self._get_told(shipping)[0]['parcels'][0]['contact'], {'receiver_contact': '****8000'})
        self.assertNotIn('13800', self._calls()[-1]['body'])

    def test_a_missing_code_is_said_and_nothing_is_told(self):
        self.carrier.wechat_code = False
        shipping, order = self._buy()
        self._deliver(order, 'ZT1')
        before = len(self._calls())
        self._run(shipping, 2)
        self.assertEqual((shipping.state, len(self._calls())), ('waiting', before))
        self.assertIn("Enter the code that WeChat has for the express company", shipping.error)

    def test_whatever_the_network_does_it_is_told_once(self):
        faults = [
            {'status': 502}, {'status': 502, 'after': True}, {'status': 200, 'text': 'x', 'after': True}, {'errcode': -1},
            {'errcode': 10060001}]
        for fault in faults:
            with self.subTest(fault):
                shipping, order = self._buy()
                self._deliver(order, 'ZT1')
                self._run(shipping)
                self.fake.tell('faults', path=UPLOAD, **fault)
                self._run(shipping)
                self.assertEqual(shipping.state, 'promised')
                self.assertTrue(shipping.error)
                self._run(shipping)
                self.assertEqual((shipping.state, len(self._get_told(shipping)), shipping.error), ('told', 1, False))

    def test_a_worker_that_died_after_it_had_told_tells_nothing_else(self):
        shipping, order = self._buy()
        self._deliver(order, 'ZT1')
        self._run(shipping)
        shipping.account_id._get_client().upload_shipping(shipping._prepare_shipping())
        self._run(shipping)
        self.assertEqual((shipping.state, len(self._get_told(shipping))), ('told', 1))

    @mute_logger('odoo.addons.distribution_core.models.ir_cron')
    def test_what_is_refused_for_good_is_left_to_a_person(self):
        shipping, order = self._buy()
        self._deliver(order, 'ZT1')
        self._run(shipping)
        self.fake.tell('faults', path='/wxa/sec/order/*', errcode=10060004, times=100)
        self._run(shipping, 15)
        self.assertEqual(shipping.state, 'failed')
        self.assertIn('10060004', shipping.error)
        self._run(shipping)
        self.assertEqual(shipping.state, 'failed')
        self.fake.tell('calm')
        shipping.action_tell()
        self._run(shipping)
        self.assertEqual(shipping.state, 'told')

    def test_what_is_paid_back_needs_no_delivery(self):
        shipping, _order = self._buy()
        shipping.transaction_id._refund(40.0)
        self._refund_arrives(shipping)
        self.assertEqual(shipping.state, 'waiting')
        shipping.transaction_id._refund(60.0)
        self._refund_arrives(shipping)
        self.assertEqual((shipping.state, self._get_told(shipping)), ('refunded', None))

    def _refund_arrives(self, shipping):
        self._ask()
        for refund in shipping.transaction_id.child_transaction_ids.filtered(lambda tx: tx.state == 'pending'):
            self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number)
        self._ask()
        self._run(shipping)

    def test_a_person_tells_what_the_order_does_not_say(self):
        shipping, _order = self._buy(self.service)
        self._run(shipping)
        self.assertEqual(shipping.state, 'waiting')
        shipping.action_tell()
        self._run(shipping)
        self.assertEqual(shipping.state, 'told')
        with self.assertRaises(UserError):
            shipping.unlink()
