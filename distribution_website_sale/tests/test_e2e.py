from odoo import Command
from odoo.tests import HttpCase, tagged


@tagged('post_install', '-at_install', 'distribution_e2e')
class TestE2E(HttpCase):
    """Shopper, staff and distributor, each at the screen or button that they have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env['website'].get_current_website().company_id
        cls._set_up_shop()
        cls._set_up_distribution()

    @classmethod
    def _set_up_shop(cls):
        cls.env.user.company_ids |= cls.company
        if not cls.company.chart_template:
            cls.env['account.chart.template'].try_loading('generic_coa', cls.company, install_demo=False)
        cls.oolong = cls.env['product.product'].create({
            'name': "Oolong",
            'type': 'consu',
            'list_price': 100.0,
            'invoice_policy': 'order',
            'taxes_id': False,
            'website_published': True,
            'website_sequence': -1,
        })
        transfer = cls.env.ref('payment.payment_provider_transfer', raise_if_not_found=False)
        if not transfer or cls.env['ir.module.module']._get('payment_custom').state != 'installed':
            cls.skipTest(cls, "Shoppers here pay by wire transfer")
        transfer.write({'state': 'enabled', 'is_published': True})
        transfer._transfer_ensure_pending_msg_is_set()

    @classmethod
    def _set_up_distribution(cls):
        cls.company._distribution_setup_accounting()
        cls.env['distribution.plan.version'].search([('state', '=', 'active')]).state = 'retired'
        plan = cls.env['distribution.plan'].create({'name': "Standard", 'company_id': cls.company.id})
        plan.version_ids.rule_ids = [Command.create({'tier': 1, 'rate': 10.0})]
        cls.env['distribution.policy']._get_in_force(cls.company).plan_second_person = False
        plan.version_ids.action_activate()
        cls.mei_user = cls.env['res.users'].create({
            'name': "Mei",
            'login': 'mei',
            'password': 'mei',
            'email': 'mei@example.com',
            'company_id': cls.company.id,
            'company_ids': [Command.set(cls.company.ids)],
            'group_ids': [Command.set(cls.env.ref('base.group_portal').ids)],
        })
        cls.mei = cls.env['distribution.distributor'].create({
            'partner_id': cls.mei_user.partner_id.id, 'company_id': cls.company.id, 'code': 'MEI888'})
        cls.mei._set_active()

    def _shop(self, tour):
        """Let a shopper come by the link and buy.

        :rtype: sale.order
        """
        self.start_tour('/shop?ref=MEI888', tour, login=None)
        order = self.env['sale.order'].search([('order_line.product_id', '=', self.oolong.id)])
        self.assertEqual(len(order), 1)
        self.assertEqual(order.amount_untaxed, 100.0)
        return order

    def _fulfil(self, order):
        """Do what the staff does: confirm, deliver, invoice, and receive the money."""
        order.action_confirm()
        if 'picking_ids' in order:
            for picking in order.picking_ids:
                picking.move_ids.picked = True
                picking.with_context(skip_backorder=True).button_validate()
        invoice = order._create_invoices()
        invoice.action_post()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({})._create_payments()
        self.assertIn(invoice.payment_state, ('in_payment', 'paid'))
        while self.env['distribution.event']._process():
            pass

    def _get_commissions(self):
        return self.env['distribution.commission'].search([('distributor_id', '=', self.mei.id)])

    def test_a_distributor_sees_the_commission_of_a_sale_through_its_link(self):
        order = self._shop('distribution_shopper_buys')
        self._fulfil(order)
        self.assertRecordValues(self._get_commissions(), [{
            'order_name': order.name,
            'product_name': "Oolong",
            'tier': 1,
            'base_amount': 100.0,
            'earned_amount': 10.0,
            'pending_amount': 10.0,
        }])
        self.browser_size = '390x844'
        self.touch_enabled = True
        self.start_tour('/my/distribution', 'distribution_distributor_looks', login='mei')

    def test_a_distributor_earns_nothing_on_what_it_buys_itself(self):
        order = self._shop('distribution_distributor_buys')
        self._fulfil(order)
        self.assertFalse(self._get_commissions())
        [refused] = order.attribution_ids.evidence['refused']
        self.assertEqual(refused['reason'], 'self')
