from datetime import timedelta

from psycopg2 import errors

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_plan_kind import PlanCommon


@tagged('post_install', '-at_install')
class TestPlanScope(PlanCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.country = cls.env.ref('base.cn')
        cls.province, cls.other_province = cls.env['res.country.state'].create([
            {'name': "P1", 'code': 'P1X', 'country_id': cls.country.id},
            {'name': "P2", 'code': 'P2X', 'country_id': cls.country.id},
        ])
        cls.customer.write({'country_id': cls.country.id, 'state_id': cls.province.id})
        cls.tag, cls.other_tag = cls.env['product.tag'].create([{'name': "Spring"}, {'name': "Autumn"}])
        cls.product.product_tmpl_id.product_tag_ids = cls.tag
        cls.pricelist, cls.other_pricelist = cls.env['product.pricelist'].create([{'name': "VIP"}, {'name': "B2B"}])

    def test_a_scope_admits_what_it_names_and_passes_over_the_rest(self):
        other = self.product.create({'name': "Kettle"})
        now = fields.Datetime.now()
        for case, scope, reason in [
            ("variant", {'product_ids': self.product.ids}, None),
            ("another variant", {'product_ids': other.ids}, 'variant'),
            ("one of two tags", {'tag_ids': (self.tag | self.other_tag).ids}, None),
            ("another tag", {'tag_ids': self.other_tag.ids}, 'tag'),
            ("pricelist", {'pricelist_ids': self.pricelist.ids}, None),
            ("another pricelist", {'pricelist_ids': self.other_pricelist.ids}, 'pricelist'),
            ("country", {'country_ids': self.country.ids}, None),
            ("another country", {'country_ids': self.env.ref('base.fr').ids}, 'country'),
            ("province", {'state_ids': self.province.ids}, None),
            ("another province", {'state_ids': self.other_province.ids}, 'state'),
            ("distributor", {'distributor_ids': self.seller.ids}, None),
            ("another distributor", {'distributor_ids': self.upline.ids}, 'distributor'),
            ("open dates", {'date_from': now - timedelta(1), 'date_until': now + timedelta(1)}, None),
            ("over", {'date_until': now - timedelta(1)}, 'date'),
            ("not begun", {'date_from': now + timedelta(1)}, 'date'),
            ("product, and another tag", {'product_ids': self.product.ids, 'tag_ids': self.other_tag.ids}, 'tag'),
        ]:
            with self.subTest(case):
                scope = {name: [Command.set(value)] if isinstance(value, list) else value
                         for name, value in scope.items()}
                version = self._put_in_force({'rate': 20, **scope}, {'rate': 1})
                order, _invoice = self._sell(100, pricelist_id=self.pricelist.id)
                row = self.assertEarned(order, 1.0 if reason else 20.0)
                self.assertEqual(
                    row.explanation['passed_over'], [[version.rule_ids[0].id, reason]] if reason else [])

    def test_a_tag_of_the_variant_counts_as_one_of_the_product(self):
        self.product.additional_product_tag_ids = self.other_tag
        self._put_in_force({'rate': 20, 'tag_ids': [Command.set(self.other_tag.ids)]})
        order, _invoice = self._sell(100)
        self.assertEarned(order, 20.0)

    def test_the_end_of_a_rule_is_not_included(self):
        self._put_in_force(
            {'rate': 20, 'date_from': '2026-11-01 00:00:00', 'date_until': '2026-11-12 00:00:00'}, {'rate': 1})
        for moment, expected in [
            ('2026-10-31 23:59:59', 1.0), ('2026-11-01 00:00:00', 20.0), ('2026-11-11 23:59:59', 20.0),
            ('2026-11-12 00:00:00', 1.0),
        ]:
            with self.subTest(moment), self._at(moment):
                order, _invoice = self._sell(100)
                self._book()
                self.assertEarned(order, expected)

    def test_a_customer_is_new_once_and_that_is_kept_with_the_order(self):
        self._put_in_force({'rate': 20, 'customer': 'new'}, {'rate': 1, 'customer': 'returning'})
        with self._at('2026-11-01 08:00:00'):
            first, _invoice = self._sell(100)
        with self._at('2026-11-02 08:00:00'):
            second, _invoice = self._sell(100)
            self._book()
        self.assertEarned(first, 20.0)
        self.assertEarned(second, 1.0)
        first._action_cancel()
        second._distribution_notify('edited')
        self._process()
        self.assertEarned(second, 1.0)

    @mute_logger('odoo.sql_db')
    def test_what_a_rule_names_cannot_be_deleted_so_that_the_rule_never_widens(self):
        self._put_in_force({'rate': 20, 'tag_ids': [Command.set(self.other_tag.ids)]})
        with self.assertRaises(errors.RestrictViolation), self.env.cr.savepoint():
            self.other_tag.unlink()
            self.env.flush_all()

    @mute_logger('odoo.sql_db')
    def test_a_rule_begins_before_it_ends(self):
        with self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
            self._put_in_force({'rate': 1, 'date_from': '2026-11-02 00:00:00', 'date_until': '2026-11-02 00:00:00'})
        self.assertEqual(self.plan.active_version_id, self.version)


@tagged('post_install', '-at_install')
class TestBase(PlanCommon):
    """What the base of a commission is made of, over real documents."""

    def test_a_coupon_is_shared_over_the_goods_and_nothing_else_counts(self):
        self._put_in_force({'rate': 10})
        service = self.env['product.product'].create({'name': "Coupon", 'type': 'service', 'taxes_id': False,
                                                      'invoice_policy': 'order'})
        lines = [
            {'display_type': 'line_section', 'name': "Section"},
            {'product_id': self.product.id, 'price_unit': 100},
            {'product_id': self.product.id, 'price_unit': 300},
            {'display_type': 'line_note', 'name': "Note"},
            {'product_id': self.product.id, 'price_unit': 0},
            {'product_id': service.id, 'price_unit': -40},
        ]
        if 'is_delivery' in self.env['sale.order.line']._fields:
            lines.append({'product_id': service.id, 'price_unit': 15, 'is_delivery': True})
        order = self._create_order(order_line=[Command.create(line) for line in lines])
        invoice = self._invoice(order)
        self._process()
        self.assertEarned(order, 9.0, 27.0)
        self._refund(invoice)
        self._process()
        self.assertEarned(order)

    def test_a_tax_in_the_price_is_not_in_the_base(self):
        self._put_in_force({'rate': 10})
        self.product.taxes_id = self.env['account.tax'].create({
            'name': "13 % in the price", 'amount': 13, 'price_include_override': 'tax_included'})
        order, _invoice = self._sell(113)
        self.assertEarned(order, 10.0)

    def test_an_order_in_another_currency_earns_in_the_company_s_and_a_refund_mirrors_it(self):
        self._put_in_force({'rate': 10}, order_cap_amount=1000)
        foreign = self.env['res.currency'].create({
            'name': 'XTS', 'symbol': 'X', 'rate_ids': [Command.create({'name': '2020-01-01', 'rate': 3.0})]})
        pricelist = self.env['product.pricelist'].create({'name': "X", 'currency_id': foreign.id})
        order, invoice = self._sell(100, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, foreign)
        self.assertEarned(order, 3.33)
        foreign.rate_ids.rate = 5.0
        self._refund(invoice)
        self._process()
        self.assertEarned(order)

    def test_a_down_payment_earns_nothing_until_the_goods_are_invoiced(self):
        self._put_in_force({'rate': 10})
        order = self._create_order(quantity=2)
        wizard = self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids).create({
                'advance_payment_method': 'percentage', 'amount': 50})
        invoice = wizard._create_invoices(order)
        invoice.action_post()
        self._pay(invoice)
        self._process()
        self.assertEarned(order)
        self._invoice(order)
        self._process()
        self.assertEarned(order, 20.0)

    def test_partial_refunds_in_any_order_take_back_exactly_what_was_earned(self):
        for parts in [(33.33, 33.33, 33.34), (0.01, 99.99), (50, 50)]:
            with self.subTest(parts=parts):
                self._put_in_force({'rate': 7.77}, {'tier': 2, 'rate': 3.33})
                order, invoice = self._sell(100)
                self.assertEarned(order, 7.77, 3.33)
                for part in parts:
                    self._refund(invoice, amount=part)
                    self._process()
                self.assertEarned(order)
