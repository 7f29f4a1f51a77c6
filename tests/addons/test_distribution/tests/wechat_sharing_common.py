from odoo import Command, fields

from .wechat_pay_common import WechatTransferCase, run_job


class WechatSharingCase(WechatTransferCase):
    """A company that shares its payments: 10 % for the seller, 5 % for the upline, who is not in WeChat."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.merchant.is_sharing = True
        cls.sharing = cls.env['distribution.payout.channel'].create({
            'name': "Sharing", 'code': 'wechat_sharing', 'sequence': 2, 'wechat_merchant_id': cls.merchant.id,
            'wechat_account_id': cls.account.id})
        cls.wechat.active = False
        cls.method = cls.env.ref('payment.payment_method_wechat_pay')
        cls.provider = cls.env['payment.provider'].sudo().create({
            'name': "WeChat Pay", 'code': 'wechatpay', 'state': 'test', 'company_id': cls.company.id,
            'payment_method_ids': [Command.set(cls.method.ids)], 'is_published': True,
            'wechatpay_merchant_id': cls.merchant.id, 'wechatpay_account_id': cls.account.id})
        cls.method.active = True

    def setUp(self):
        super().setUp()
        self.fake.tell('calm')
        self.fake.tell(
            'merchants', mchid=self.merchant.mchid, tamper='', app_ids=[self.APP_ID], orders={}, refunds={}, money=[],
            sharings={}, returns={}, receivers={}, share_faults={}, share_waits=False, share_ratio=3000, consents=[])

    # === HELPERS === #

    def _announced(self, quantity=10, **values):
        """Return the transaction of an order of 100 each, announced to WeChat Pay."""
        order = self._create_order(quantity, confirm=False, **values)
        tx = self.env['payment.transaction'].sudo().create({
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'amount': order.amount_total,
            'currency_id': self.currency.id, 'partner_id': self.customer.id, 'operation': 'online_redirect',
            'reference': f'{order.name}-1', 'sale_order_ids': [Command.set(order.ids)]})
        tx._wechatpay_announce('native')
        return tx

    def _paid(self, quantity=10, days=0, **values):
        """Return the transaction of an order that was paid so many days and two minutes ago."""
        tx = self._announced(quantity, **values)
        self._tell('pay', number=tx.wechatpay_number)
        self._tell('age', number=tx.wechatpay_number, seconds=120 + days * 86400)
        tx._wechatpay_ask()
        tx._post_process()
        return tx

    def _earned(self, quantity=10, **values):
        """Return the frozen payment of an order whose commissions are settled."""
        tx = self._paid(quantity, **values)
        self._invoice(tx.sale_order_ids, pay=False)
        self._deliver(tx.sale_order_ids)
        self._process()
        self._mature()
        self._settle()
        frozen = self._get_frozen(tx)
        self.assertEqual((tx.state, len(frozen), frozen.state), ('done', 1, 'frozen'))
        self.assertTrue(all(tx.sale_order_ids.attribution_ids.commission_ids.mapped('settled_amount')))
        return frozen

    def _get_frozen(self, tx):
        return self.env['distribution.wechat.frozen'].search([('transaction_id', '=', tx.id)])

    def _tell(self, order_name, **order):
        return self.fake.tell(order_name, mchid=self.merchant.mchid, **order)

    def _share(self, amount=100.0, distributor=None):
        """Return the payout of a withdrawal that was approved and sent."""
        withdrawal = (distributor or self.seller)._request_withdrawal(amount, channel=self.sharing)
        withdrawal.action_approve()
        self._run()
        return withdrawal.payout_ids

    def _share_with_company(self):
        """Return the payout of 10 that was shared with a company, as a merchant."""
        company = self._create_distributor("Tea Ltd", kind='company', wechat_mchid='1900000009')
        self._identify(company)
        company.partner_id.vat = False
        self._make_company_payable(company)
        return self._share(10.0, company)

    def _make_company_payable(self, company):
        tx = self._paid(1, distributor=company)
        self._invoice(tx.sale_order_ids, pay=False)
        self._deliver(tx.sale_order_ids)
        self._process()
        self._mature()
        run = self._settle()
        statement = run.settlement_ids.filtered(lambda statement: statement.distributor_id == company)
        self.assertEqual(statement.state, 'billed')
        self.assertEqual(self.sharing._wechat_get_amount(company), 0.0, "It waits for the invoice")
        statement.sudo()._hand_in_invoice('A1', statement.expected_amount)
        statement.action_post_bill()
        self.assertEqual(self.sharing._wechat_get_amount(company), 10.0)

    def _withdraw_daily(self):
        run_job(self, 'distribution.payout.channel', '_cron_wechat_share')

    def _unfreeze(self):
        self.env['distribution.wechat.frozen'].search([]).sudo().checked_at = False
        run_job(self, 'distribution.wechat.frozen', '_cron_unfreeze')

    def _age(self, frozen, days):
        """Let a payment have been made so many days earlier, on both sides."""
        self._tell('age', number=frozen.transaction_id.wechatpay_number, seconds=days * 86400)
        for name in ('paid_at', 'share_until'):
            frozen.sudo()[name] = fields.Datetime.subtract(frozen[name], days=days)

    def _get_log(self, *kinds):
        """Return the kinds and fen of what the platform really paid."""
        return [(entry['kind'], entry['amount']) for entry in self._tell('money')['money'] if entry['kind'] in kinds]
