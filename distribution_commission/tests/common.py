from freezegun import freeze_time

from odoo import Command, fields

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.distribution_core.tests.common import NetworkBuilders, PrivacyBuilders


class DistributionCommon(NetworkBuilders, AccountTestInvoicingCommon):
    """A company with a chart, a signed two-tier plan (10 % and 5 %), a seller and its upline.

    Whoever is active is identified and has a verified account, as it has to be before the first payout.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('distribution_core.group_distribution_manager') \
            | cls.quick_ref('sales_team.group_sale_manager')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(PrivacyBuilders._keys(PrivacyBuilders.KEY))
        cls.company = cls.env.company
        cls.company._distribution_setup_accounting()
        cls.policy = cls.env['distribution.policy']._get_in_force(cls.company)
        # Tests change plans from one line to the next; what notice and approval do is in test_plan_publication.
        cls.policy.write({'notice_days': 0, 'plan_second_person': False})
        cls.policy.action_sign_tier2()
        cls.plan = cls.env['distribution.plan'].create({'name': "Standard"})
        cls.version = cls._create_version(cls.plan, [(1, 10.0), (2, 5.0)])
        cls.upline = cls._create_distributor("Upline")
        cls.seller = cls._create_distributor("Seller", parent_id=cls.upline.id)
        cls.customer = cls.env['res.partner'].create({'name': "Customer", 'email': 'customer@example.com'})
        cls.product = cls.env['product.product'].create({
            'name': "Tea", 'type': 'consu', 'list_price': 100.0, 'invoice_policy': 'order', 'taxes_id': False,
        })
        cls.channel = cls.env['distribution.payout.channel'].create({'name': "Bank", 'code': 'manual'})

    # === BUILDERS === #

    @classmethod
    def _create_distributor(cls, name, active=True, identify=True, **values):
        distributor = super()._create_distributor(name, active, **values)
        if active and identify and distributor.kind != 'company':
            cls._identify(distributor)
        return distributor

    @classmethod
    def _identify(cls, distributor):
        """Verify who a distributor is, and an account of its own."""
        name, number = "张三丰", f'{distributor.id:08}'
        document = {'document_type': 'credit_code', 'number': '91350100M000100Y43'} \
            if distributor.kind == 'company' else {'document_type': 'passport', 'number': f'P{number}', 'is_of_age': True}
        cls.env['distribution.identity'].create({
            'distributor_id': distributor.id, 'real_name': name, **document}).action_verify()
        cls.env['distribution.payee.account'].create({
            'distributor_id': distributor.id, 'bank_name': "ICBC", 'holder_name': name, 'number': f'62220212{number}',
        }).action_verify()

    @classmethod
    def _create_version(cls, plan, rates, activate=True, **values):
        version = plan._get_latest_version()
        version.write({
            'rule_ids': [Command.clear(), *(Command.create({'tier': tier, 'rate': rate}) for tier, rate in rates)],
            **values,
        })
        if activate:
            version.action_activate()
        return version

    @classmethod
    def _create_order(cls, quantity=1, distributor=None, confirm=True, **values):
        order = cls.env['sale.order'].create({
            'partner_id': cls.customer.id,
            'distributor_id': (cls.seller if distributor is None else distributor).id,
            'order_line': [Command.create({'product_id': cls.product.id, 'product_uom_qty': quantity})],
            **values,
        })
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def _invoice(cls, order, pay=True):
        invoice = order._create_invoices(final=True)
        invoice.action_post()
        if pay:
            cls._pay(invoice)
        return invoice

    @classmethod
    def _pay(cls, invoice):
        cls.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({})._create_payments()

    @classmethod
    def _refund(cls, invoice, amount=None):
        """Post a credit note: of everything, or of an amount of the first line."""
        refund = invoice._reverse_moves([{'invoice_date': invoice.invoice_date}])
        if amount is not None:
            refund.invoice_line_ids[0].write({'quantity': 1, 'price_unit': amount})
        refund.action_post()
        return refund

    @classmethod
    def _deliver(cls, order):
        pickings = order.picking_ids if 'picking_ids' in order._fields else None
        if pickings:
            for picking in pickings.filtered(lambda picking: picking.state not in ('done', 'cancel')):
                picking.move_ids.write({'quantity': 0})
                for move in picking.move_ids:
                    move.quantity = move.product_uom_qty
                picking.move_ids.picked = True
                picking._action_done()
        else:
            for line in order.order_line:
                line.qty_delivered = line.product_uom_qty

    @classmethod
    def _process(cls):
        cls.env.flush_all()     # as the end of each transaction does
        while cls.env['distribution.event']._process():
            pass

    @classmethod
    def _mature(cls):
        """Let the hold pass."""
        later = fields.Datetime.add(fields.Datetime.now(), days=cls.policy.hold_days)
        return cls.env['distribution.commission']._mature(cls.company, later)

    @classmethod
    def _book(cls):
        return cls.env['distribution.booking']._book(cls.company)

    @classmethod
    def _settle(cls):
        run = cls.env['distribution.settlement.run'].create({})
        run.action_post()
        return run

    @classmethod
    def _make_payable(cls, quantity=1, **values):
        """Sell, deliver and settle, so that the seller may withdraw 10 for each unit of 100."""
        order = cls._create_order(quantity, **values)
        invoice = cls._invoice(order)
        cls._deliver(order)
        cls._process()
        cls._mature()
        cls._settle()
        return invoice

    def _run_payouts(self):
        """Let the job send what waits, and ask about the rest."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)['distribution.payout'].sudo()._cron_process()

    # === ASSERTIONS === #

    def assertBalances(self, distributor, **expected):
        """Check the balances by bucket, and that the books are right altogether."""
        distributor.invalidate_recordset()
        self.assertEqual(
            {balance.bucket: balance.amount for balance in distributor.balance_ids if balance.amount}, expected)
        self.assertBooks()

    def assertBooks(self):
        """Check that the books check finds nothing."""
        self.assertEqual(self.env['distribution.books'].check(), [])

    # === OTHERS === #

    @classmethod
    def _at(cls, moment):
        return freeze_time(moment)
