import re

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .test_wechatpay import DESK, WechatpayCase


class WechatpayBooksCase(AccountPaymentCommon, WechatpayCase):
    """The provider in a company that keeps books."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('base.group_system') \
            | cls.quick_ref('distribution_core.group_distribution_manager') \
            | cls.quick_ref('sales_team.group_sale_manager')

    @classmethod
    def _prepare_provider(cls, code, company=None, update_values=None, **kwargs):
        """Override of `payment`: a company that a test makes has none yet."""
        cls._add_provider(company or cls.env.company)
        return super()._prepare_provider(code, company, update_values, **kwargs)

    @classmethod
    def _add_provider(cls, company):
        cls.env.ref('distribution_wechat.payment_provider_wechatpay').sudo().copy({'company_id': company.id})

    def _go_on(self, processing_values):
        """Do what a browser does once Odoo has said where to: our page, the code, the customer's phone, the status."""
        tx = self._get_tx(processing_values['reference'])
        form = self._extract_values_from_html_form(processing_values['redirect_form_html'])
        self.assertEqual((form['action'], form['method']), ('/payment/wechatpay', 'get'))
        page = self.url_open(form['action'], params=form['inputs'], headers=DESK)
        self.assertEqual(page.status_code, 200)
        self.assertIn(tx.reference, page.text)
        token = re.search(r'data-access-token="([^"]+)"', page.text).group(1)
        code = self.make_jsonrpc_request(
            '/payment/wechatpay/announce', {'reference': tx.reference, 'access_token': token}, headers=DESK)
        self.assertEqual(code['way'], 'native')
        tx.invalidate_recordset()
        self.assertFalse(self._is_over(tx, token))
        self._pay(tx)
        self.assertEqual(self._call_back('payment', tx), 200)
        self._run_notices()
        self.assertTrue(self._is_over(tx, token))
        status = self.make_jsonrpc_request('/payment/status/poll', {})
        self.assertEqual((status['state'], status['provider_code']), ('done', 'wechatpay'))
        self.env.invalidate_all()
        self.assertEqual((tx.state, tx.is_post_processed), ('done', True))
        return tx

    def _is_over(self, tx, token):
        return self.make_jsonrpc_request(
            '/payment/wechatpay/poll', {'reference': tx.reference, 'access_token': token})

    def _start(self, context, **values):
        """Return what Odoo says to a customer who has chosen WeChat Pay."""
        with mute_logger('odoo.addons.payment.models.payment_transaction'):
            return self._get_processing_values(**{
                **{name: context[name] for name in ('amount', 'landing_route', 'access_token')},
                'provider_id': self.provider.id, 'payment_method_id': self.payment_method_id, 'token_id': None,
                'flow': 'redirect', 'tokenization_requested': False, **values})

    def _assert_booked(self, tx, amount):
        payment = tx.payment_id
        self.assertEqual((payment.amount, payment.currency_id.name, payment.journal_id), (
            abs(amount), 'CNY', self.provider.journal_id))
        items = payment.move_id.line_ids.filtered(lambda item: item.account_id == payment.outstanding_account_id)
        self.assertEqual((payment.move_id.state, items.mapped('amount_currency')), ('posted', [amount]))


@tagged('post_install', '-at_install')
class TestWechatpayFlows(WechatpayBooksCase):
    """The ways of Odoo's own modules to a payment, each from its page to the books."""

    # === FLOWS === #

    def test_redirect_checkout(self):
        """As Odoo's `TestFlows` of `payment`: public, portal and internal users."""
        for user in (None, self.portal_user, self.internal_user):
            with self.subTest(user and user.login):
                login = user and user.login
                self.authenticate(login, login)
                self.partner = user.partner_id if user else self.default_partner
                self.partner.company_id = self.env.company if not user else False
                self.reference = f'Flow {login}'
                context = self._get_portal_pay_context(**self._prepare_pay_values())
                self.assertIn(self.payment_method_id, context['payment_method_ids'])
                tx = self._go_on(self._start(context, **{name: context[name] for name in (
                    'currency_id', 'partner_id', 'reference_prefix')}))
                self.assertEqual((tx.partner_id, tx.operation, tx.token_id.id), (self.partner, 'online_redirect', False))
                self._assert_booked(tx, 1111.11)

    def test_an_invoice_is_paid(self):
        invoice = self.init_invoice('out_invoice', self.partner, amounts=[1111.11], currency=self.currency, taxes=[])
        invoice.action_post()
        self.authenticate(self.portal_user.login, self.portal_user.login)
        context = self._get_portal_pay_context(**self._prepare_pay_values(), invoice_id=invoice.id)
        tx = self._go_on(self._start(context, tx_route=context['transaction_route']))
        self.assertEqual(tx.invoice_ids, invoice)
        self._assert_booked(tx, 1111.11)
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(invoice.amount_residual, 0)

    def test_an_order_is_paid_from_its_page_in_the_portal(self):
        order = self._create_order()
        self.authenticate(self.portal_user.login, self.portal_user.login)
        page = self._make_http_get_request(f'/my/orders/{order.id}', {'access_token': order._portal_ensure_token()})
        context = self._get_payment_context(page)
        self.assertIn(self.payment_method_id, context['payment_method_ids'])
        tx = self._go_on(self._start(
            {**context, 'access_token': order.access_token, 'amount': order.amount_total},
            tx_route=f'/my/orders/{order.id}/transaction'))
        self.assertEqual((tx.sale_order_ids, order.state), (order, 'sale'))
        self._assert_booked(tx, 1111.11)

    def _create_order(self):
        product = self.env['product.product'].create({
            'name': "Advice", 'type': 'service', 'list_price': 1111.11, 'taxes_id': False, 'invoice_policy': 'order'})
        pricelist = self.env['product.pricelist'].create({
            'name': "CNY", 'currency_id': self.currency.id, 'company_id': self.company.id, 'item_ids': [Command.create({
                'compute_price': 'fixed', 'fixed_price': 1111.11})]})
        order = self.env['sale.order'].create({
            'partner_id': self.partner.id, 'pricelist_id': pricelist.id, 'require_payment': True,
            'require_signature': False, 'order_line': [Command.create({'product_id': product.id})]})
        order.action_quotation_sent()
        self.assertEqual((order.amount_total, order.currency_id), (1111.11, self.currency))
        return order

    def test_a_user_of_one_company_pays_another(self):
        """As Odoo's `TestMultiCompanyFlows`."""
        other = self.env['res.company'].create({'name': "Payment Test Company"})
        self.internal_user.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        self.authenticate(self.internal_user.login, self.internal_user.login)
        context = self._get_portal_pay_context(**self._prepare_pay_values(
            partner=self.internal_user.partner_id), company_id=self.company.id)
        self.assertIn(self.payment_method_id, context['payment_method_ids'])
        tx = self._go_on(self._start(context, **{name: context[name] for name in (
            'currency_id', 'partner_id', 'reference_prefix')}))
        self.assertEqual((tx.company_id, tx.payment_id.company_id), (self.company, self.company))
        elsewhere = self._prepare_pay_values(partner=self.internal_user.partner_id)
        page = self._portal_pay(**elsewhere, company_id=other.id)
        self.assertNotIn(f'data-provider-id="{self.provider.id}"', page.text)

    # === WHAT IT DOES NOT OFFER === #

    def _get_compatible(self, currency, **values):
        return self.env['payment.provider']._get_compatible_providers(
            self.company.id, self.partner.id, self.amount, currency_id=currency.id, **values)

    def test_it_is_offered_for_cny_alone(self):
        self.assertIn(self.provider, self._get_compatible(self.currency))
        for currency in (self.currency_euro, self.currency_usd):
            self.assertNotIn(self.provider, self._get_compatible(currency))

    def test_it_keeps_no_tokens_and_holds_nothing(self):
        provider = self.provider
        self.assertEqual(
            (provider.support_tokenization, provider.allow_tokenization, provider.support_manual_capture,
             provider.support_express_checkout), (False, False, False, False))
        for values in ({'force_tokenization': True}, {'force_tokenization': True, 'is_validation': True}, {'is_express_checkout': True}):
            with self.subTest(values):
                self.assertNotIn(provider, self._get_compatible(self.currency, **values))

    @mute_logger('odoo.http')
    def test_a_request_for_a_token_gives_none(self):
        self.authenticate(self.portal_user.login, self.portal_user.login)
        context = self._get_portal_pay_context(**self._prepare_pay_values())
        names = ('currency_id', 'partner_id', 'reference_prefix')
        tx = self._go_on(self._start(
            context, tokenization_requested=True, **{name: context[name] for name in names}))
        self.assertEqual((tx.tokenize, self.env['payment.token'].search_count([('provider_id', '=', self.provider.id)])), (
            False, 0))
        with self.assertRaises(JsonRpcException):
            self._start(context, access_token='guessed', **{name: context[name] for name in names})

    # === REFUNDS === #

    def test_a_payment_is_refunded_by_the_wizard_of_odoo(self):
        """In parts, then the rest; never more."""
        tx = self._paid()
        tx._post_process()
        payment = tx.payment_id
        wizards = self.env['payment.refund.wizard'].with_context(active_id=payment.id)
        self.assertEqual((wizards.create({}).support_refund, payment.amount_available_for_refund), ('partial', 1111.11))
        for amount, left in ((1000.0, 111.11), (111.11, 0.0)):
            with self.assertRaises(ValidationError):
                wizards.create({'amount_to_refund': amount + left + 0.01})
            wizard = wizards.create({'amount_to_refund': amount})
            self.assertFalse(wizard.has_pending_refund)
            wizard.action_refund()
            refund = tx.child_transaction_ids.filtered(lambda child: child.state == 'pending')
            payment.invalidate_recordset()
            self.assertAlmostEqual(payment.amount_available_for_refund, left, msg="What is under way is not offered again")
            self._ask()
            self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number)
            self._call_back('refund', refund)
            self._run_notices()
            refund._post_process()
            self._assert_booked(refund, -amount)
            payment.invalidate_recordset()
        self.assertEqual(payment.amount_available_for_refund, 0)
        self.assertEqual(tx._refund(0.01).state, 'error')
        self.assertEqual(
            [(entry['kind'], entry['amount']) for entry in self.fake.tell('money', mchid=self.merchant.mchid)['money']],
            [('payment', 111_111), ('refund', 100_000), ('refund', 11_111)])

    def test_what_is_closed_is_offered_again(self):
        tx = self._paid()
        tx._post_process()
        refund = tx._refund(1111.11)
        for state, left in (('ABNORMAL', 0.0), ('CLOSED', 1111.11)):
            self._ask()
            self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number, state=state)
            self._ask()
            tx.payment_id.invalidate_recordset()
            self.assertEqual(tx.payment_id.amount_available_for_refund, left, state)

    def test_a_payment_is_booked_before_it_is_refunded(self):
        """Odoo books no payment any more once a refund of it is done."""
        tx = self._paid()
        self.assertFalse(tx.is_post_processed)
        refund = tx._refund(1111.11)
        self._ask()
        self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number)
        self._ask()
        (tx | refund)._post_process()
        self._assert_booked(tx, 1111.11)
        self._assert_booked(refund, -1111.11)
