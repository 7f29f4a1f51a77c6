from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import Form, new_test_user, tagged

from .test_ladder import FEBRUARY, JANUARY, LadderCommon


@tagged('post_install', '-at_install')
class TestEstimate(LadderCommon):

    def _get_earned(self, order, distributor=None):
        """Return what the ledger says of an order, as one amount."""
        self.env.invalidate_all()
        return round(sum(self.env['distribution.commission'].search([
            ('attribution_id.order_id', '=', order.id),
            ('distributor_id', '=', (distributor or self.seller).id)]).mapped('earned_amount')), 2)

    # === ORDERS === #

    def test_what_an_unpaid_order_is_estimated_to_earn_is_what_is_posted_when_it_is_paid(self):
        kettle = self.product.create({'name': "Kettle", 'taxes_id': False, 'invoice_policy': 'order'})
        tax = self.env['account.tax'].create({'name': "13 %", 'amount': 13})
        lines = [
            Command.create({'product_id': self.product.id, 'price_unit': 99.99, 'product_uom_qty': 3}),
            Command.create({'product_id': kettle.id, 'price_unit': 33.33, 'discount': 10, 'tax_ids': tax.ids}),
            Command.create({'product_id': kettle.id, 'price_unit': -10.01}),
        ]
        for case, rules, values in [
            ("percentage", [{'rate': 7.77}, {'tier': 2, 'rate': 3.33}], {}),
            ("per unit and per order", [{'kind': 'fixed', 'amount': 1.5}, {'tier': 2, 'kind': 'fixed_order', 'amount': 10}],
             {}),
            ("by level", [{'kind': 'differential', 'rate': 5}, {'tier': 2, 'kind': 'differential', 'rate': 9}], {}),
            ("limits", [{'rate': 20}, {'tier': 2, 'rate': 10}],
             {'cap_rate': 25, 'order_cap_amount': 75, 'cut_order': 'upper_first'}),
            ("a rule for a product", [{'rate': 20, 'product_ids': [Command.set(kettle.ids)]}, {'tier': 2, 'rate': 1}], {}),
        ]:
            with self.subTest(case):
                self._put_in_force(*rules, **{'cap_rate': 30, 'order_cap_amount': 0, **values})
                order = self._create_order(order_line=lines)
                [estimate] = self.seller._get_unpaid_estimates()
                [upline_estimate] = self.upline._get_unpaid_estimates()
                self.assertEqual(estimate['order_name'], order.name)
                invoice = self._invoice(order, pay=False)
                self._process()
                self.assertEqual(self._get_earned(order), 0)
                self.assertEqual(self.seller._get_unpaid_estimates(), [estimate])
                self._pay(invoice)
                self._process()
                self.assertGreater(estimate['amount'], 0)
                self.assertEqual(self._get_earned(order), estimate['amount'])
                self.assertEqual(self._get_earned(order, self.upline), upline_estimate['amount'])
                self.assertEqual(self.seller._get_unpaid_estimates(), [])
                self.assertBooks()

    def test_of_an_order_that_is_paid_in_part_the_rest_is_estimated(self):
        self._put_in_force({'rate': 10})
        order = self._create_order(quantity=3)
        order.order_line.qty_to_invoice = 1
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 1
        invoice.action_post()
        self._pay(invoice)
        self._process()
        self.assertEqual(self._get_earned(order), 10)
        self.assertEqual([estimate['amount'] for estimate in self.seller._get_unpaid_estimates()], [20.0])

    def test_what_nobody_will_be_paid_for_is_not_estimated(self):
        self._put_in_force({'rate': 10})
        refunded = self._create_order()
        self._refund(self._invoice(refunded, pay=False))
        cancelled = self._create_order()
        cancelled._action_cancel()
        self._create_order(confirm=False)
        self.seller._set_suspended("A test")
        self._create_order()
        self._process()
        self.assertEqual(self.seller._get_unpaid_estimates(), [])

    def test_a_refunded_part_of_an_unpaid_order_is_taken_off(self):
        self._put_in_force({'rate': 10})
        self._refund(self._invoice(self._create_order(quantity=2), pay=False), amount=50)
        self.assertEqual([estimate['amount'] for estimate in self.seller._get_unpaid_estimates()], [15.0])

    def test_the_form_shows_what_is_estimated_and_nothing_for_somebody_new(self):
        self._put_in_force({'rate': 10})
        self._create_order(quantity=2)
        self.assertEqual(self.seller.unpaid_estimate_amount, 20.0)
        form = Form(self.env['distribution.distributor'])
        self.assertEqual(form.unpaid_estimate_amount, 0.0)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_orders(self):
        self._put_in_force({'rate': 10})

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.seller._get_unpaid_estimates()
            return len(found), self.env.cr.sql_log_count - before
        self._create_order()
        few = count()
        for _index in range(9):
            self._create_order()
        many = count()
        self.assertEqual((few[0], many[0]), (1, 10))
        self.assertEqual(few[1], many[1])

    def _count(self, get):
        """Return what is got, and in how many statements, by a page that begins with nothing in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        return get(), self.env.cr.sql_log_count - before

    def test_what_did_not_change_is_not_worked_out_again(self):
        self._put_ladders_in_force({}, rules=[{'rate': 10}])
        for _index in range(3):
            self._create_order(quantity=2)
        sold = self._create_order(quantity=5)
        self._invoice(sold)
        self._process()
        for get in (self.seller._get_unpaid_estimates, self.seller._get_ladder_estimates):
            with self.subTest(get.__name__):
                first, _many = self._count(get)
                with patch.object(type(self.env['sale.order']), '_distribution_get_facts', side_effect=AssertionError):
                    again, few = self._count(get)
                self.assertEqual(first, again)
                self.assertLessEqual(few, 12)
        self.assertEqual([estimate['amount'] for estimate in self.seller._get_unpaid_estimates()], [20.0] * 3)

    def test_any_change_of_a_document_is_seen_at_once(self):
        self._put_in_force({'rate': 10})
        order, other = self._create_order(quantity=5), self._create_order()

        def get():
            self.env.invalidate_all()
            return {estimate['order_id']: estimate['amount'] for estimate in self.seller._get_unpaid_estimates()}

        self.assertEqual(get(), {order.id: 50, other.id: 10})
        order.order_line.product_uom_qty = 4
        self.assertEqual(get(), {order.id: 40, other.id: 10})
        order.order_line.price_unit = 90
        self.assertEqual(get(), {order.id: 36, other.id: 10})
        invoice = self._invoice(order, pay=False)
        self.assertEqual(get(), {order.id: 36, other.id: 10})
        self._refund(invoice, amount=60)
        self.assertEqual(get(), {order.id: 30, other.id: 10})
        other._action_cancel()
        self.assertEqual(get(), {order.id: 30})
        self._pay(invoice)
        self.assertEqual(get(), {})

    def test_a_ladder_is_worked_out_again_when_the_processor_saw_another_order(self):
        self._put_ladders_in_force({'method': 'whole'})
        for quantity, sales, amount in [(4, 400, 20), (1, 500, 40), (5, 1000, 100)]:
            order = self._create_order(quantity=quantity)
            self._invoice(order)
            self._process()
            self.env.invalidate_all()
            [estimate] = self.seller._get_ladder_estimates()
            self.assertEqual((estimate['sales'], estimate['amount']), (sales, amount))
        self._refund(order.invoice_ids)
        self._process()
        self.env.invalidate_all()
        [estimate] = self.seller._get_ladder_estimates()
        self.assertEqual((estimate['sales'], estimate['amount']), (500, 40))

    # === PRODUCTS === #

    def test_what_a_product_is_estimated_to_earn_is_what_one_sold_unit_earns(self):
        tax = self.env['account.tax'].create({'name': "13 % in", 'amount': 13, 'price_include_override': 'tax_included'})
        silver = self.env['distribution.level'].create(
            {'name': "Silver", 'sequence': 1, 'company_id': self.company.id})
        category = self.env['product.category'].create({'name': "Gifts"})
        pricelist = self.env['product.pricelist'].create({
            'name': "Public", 'item_ids': [Command.create({'compute_price': 'percentage', 'percent_price': 7})]})
        self.env['res.config.settings'].create({'group_product_pricelist': True}).execute()
        products = self.product.create([
            {'name': "Plain", 'list_price': 100, 'taxes_id': False, 'invoice_policy': 'order'},
            {'name': "Taxed", 'list_price': 113, 'taxes_id': tax.ids, 'invoice_policy': 'order'},
            {'name': "Gift", 'list_price': 49.99, 'taxes_id': False, 'invoice_policy': 'order', 'categ_id': category.id},
        ])
        self.seller._set_level(silver, "A test")
        for case, rules, values in [
            ("category", [{'rate': 20, 'categ_id': category.id}, {'rate': 7.77}], {}),
            ("level", [{'rate': 12.5, 'level_id': silver.id}, {'rate': 5}], {}),
            ("pricelist", [{'rate': 12.5, 'pricelist_ids': [Command.set(pricelist.ids)]}, {'rate': 5}], {}),
            ("the cap cuts both tiers", [{'rate': 20}, {'tier': 2, 'rate': 15}], {'cap_rate': 17}),
            ("the least order", [{'rate': 10}], {'min_order_amount': 60}),
            ("bands", [{'kind': 'bands_amount', 'band_ids': [
                Command.create({'lower_amount': 0, 'rate': 5}), Command.create({'lower_amount': 90, 'rate': 9})]}], {}),
            ("over", [{'rate': 20, 'date_until': fields.Datetime.now()}, {'rate': 3}], {}),
        ]:
            self._put_in_force(*rules, **{'cap_rate': 30, 'min_order_amount': 0, **values})
            estimates = products._distribution_get_estimates(self.seller, pricelist)
            for product in products:
                with self.subTest(case, product=product.name):
                    order = self._create_order(
                        pricelist_id=pricelist.id, order_line=[Command.create({'product_id': product.id})])
                    self._invoice(order)
                    self._process()
                    self.assertEqual(self._get_earned(order), estimates[product.id])
            self.assertTrue(any(estimates.values()))

    def test_by_the_kind_of_customer_the_lower_amount_is_told(self):
        self._put_in_force({'rate': 2, 'customer': 'new'}, {'rate': 10})
        self.assertEqual(self.product._distribution_get_estimates(self.seller), {self.product.id: 2.0})
        self._put_in_force({'rate': 20, 'customer': 'new'}, {'rate': 10})
        self.assertEqual(self.product._distribution_get_estimates(self.seller), {self.product.id: 10.0})
        self.assertEqual(
            self.product.product_tmpl_id._distribution_get_estimates(self.seller),
            {self.product.product_tmpl_id.id: 10.0})

    def test_a_rule_for_what_nobody_knows_yet_counts_where_it_is_told(self):
        china = self.env.ref('base.cn')
        self._put_in_force({'rate': 20, 'country_ids': [Command.set(china.ids)]}, {'rate': 10})
        self.assertEqual(self.product._distribution_get_estimates(self.seller), {self.product.id: 10.0})
        self.assertEqual(
            self.product._distribution_get_estimates(self.seller, facts={'country': china.ids}),
            {self.product.id: 20.0})

    def test_who_would_earn_nothing_is_told_so(self):
        self._put_in_force({'rate': 10})
        self.seller._set_suspended("A test")
        self.assertEqual(self.product._distribution_get_estimates(self.seller), {self.product.id: 0.0})
        draft = self._create_distributor("Draft", active=False)
        self.assertEqual(self.product._distribution_get_estimates(draft), {self.product.id: 0.0})

    def test_a_portal_user_reads_its_estimates(self):
        self._put_in_force({'rate': 10})
        user = new_test_user(self.env, 'seller', groups='base.group_portal')
        user.partner_id = self.seller.partner_id
        self._create_order()
        self.env.flush_all()
        own = self.seller.with_user(user)
        self.assertEqual([estimate['amount'] for estimate in own._get_unpaid_estimates()], [10.0])
        self.assertEqual(own._get_ladder_estimates(), [])
        self.assertEqual(self.product.with_user(user)._distribution_get_estimates(own), {self.product.id: 10.0})

    def test_many_products_cost_as_many_statements_as_few(self):
        self._put_in_force({'rate': 10}, {'tier': 2, 'rate': 5})
        products = self.product.create([
            {'name': f"Product {index}", 'list_price': index, 'taxes_id': False} for index in range(30)])

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.browse(some.ids)._distribution_get_estimates(self.seller)
            return self.env.cr.sql_log_count - before
        count(products[:2])
        self.assertEqual(count(products[:2]), count(products))

    # === LADDERS === #

    def test_the_estimate_of_a_running_period_is_what_is_posted_when_it_is_over(self):
        self._put_ladders_in_force({}, rules=[{'rate': 10}])
        self._sell_at(JANUARY, 600)
        self._sell_at(JANUARY, 150, pay=False)
        with self._at(JANUARY):
            [estimate] = self.seller._get_ladder_estimates()
        self.assertEqual(estimate, {
            'period': 'month', 'words': self.plan.active_version_id.ladder_ids._get_words(),
            'days': "2030-01-01 – 2030-01-31", 'sales': 600.0, 'amount': 33.0, 'next_bound': 1000.0, 'next_rate': 10.0})
        self._close()
        with self._at(FEBRUARY):
            self.assertEqual(self.seller._get_ladder_estimates(), [])
        self.assertEqual(self._get_periods().posted_amount, estimate['amount'])
