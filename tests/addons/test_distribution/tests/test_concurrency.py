import threading

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CommittedCase


@tagged('post_install', '-at_install')
class TestConcurrency(CommittedCase):
    """Two transactions at once."""

    def test_two_orders_of_one_distributor_are_confirmed_at_the_same_moment(self):
        with self._transaction() as env:
            first, second = self._create_order(env).id, self._create_order(env).id
        with self._cursor() as one, self._cursor() as other:
            for env in (one, other):        # both snapshots are taken before either writes
                env.cr.execute("SELECT 1")
            one['sale.order'].browse(first).action_confirm()
            one.flush_all()
            other['sale.order'].browse(second).action_confirm()
            other.flush_all()
            one.cr.commit()
            other.cr.commit()
        with self._cursor() as env:
            orders = env['sale.order'].browse([first, second])
            self.assertEqual(orders.mapped('state'), ['sale', 'sale'])
            self.assertEqual(orders.attribution_ids.mapped('distributor_id.id'), [self.ids['distributor']])
            self.assertEqual(len(orders.attribution_ids), 2)

    def test_two_workers_share_the_marks_and_post_nothing_twice(self):
        order_ids = self._sell(2)
        with self._cursor() as one, self._cursor() as other:
            self.assertGreater(one['distribution.event']._process(limit=1000), 0)
            # The other skips what the first holds, without waiting for it.
            self.assertEqual(other['distribution.event']._process(limit=1000), 0)
            one.cr.commit()
            other.cr.commit()
        self.assertEqual(self._get_accrued(order_ids), [100.0, 100.0])
        self._check_books()

    @mute_logger('odoo.sql_db')
    def test_a_worker_that_started_before_the_other_ended_posts_nothing_twice(self):
        order_ids = self._sell()
        with self._cursor() as late, self._cursor() as early:
            late.cr.execute("SELECT COUNT(*) FROM distribution_event")       # its snapshot: the marks are there
            early['distribution.event']._process(limit=1000)
            early.cr.commit()
            with self.assertRaises(SerializationFailure):
                late['distribution.event']._process(limit=1000)
            late.cr.rollback()
            self.assertEqual(late['distribution.event']._process(limit=1000), 0)
            late.cr.commit()
        self.assertEqual(self._get_accrued(order_ids), [100.0])
        self._check_books()

    def test_a_mark_never_waits_for_a_worker_and_is_not_lost(self):
        [order_id] = self._sell()
        with self._cursor() as worker, self._cursor() as customer:
            worker['distribution.event']._process(limit=1000)
            customer.cr.execute("SET LOCAL lock_timeout = '500ms'")
            customer['sale.order'].browse(order_id)._distribution_notify('edited')
            customer.cr.commit()
            worker.cr.commit()
            self.assertEqual(worker['distribution.event'].search_count([('order_ref', '=', order_id)]), 1)

    @mute_logger('odoo.sql_db')
    def test_two_withdrawals_at_once_never_take_more_than_there_is(self):
        self._make_payable()
        outcome = []

        def withdraw(distributor):
            try:
                distributor._request_withdrawal(payable)
                outcome.append('taken')
            except SerializationFailure:
                outcome.append('told to try again')

        # Both environments are made here: a new one would wait for the registry, which tests hold.
        with self._cursor() as one, self._cursor() as other:
            first, second = (
                env['distribution.distributor'].browse(self.ids['distributor']) for env in (one, other))
            payable = first.payable_amount
            self.assertGreaterEqual(payable, 100.0)
            self.assertEqual(second.payable_amount, payable)        # its snapshot is taken
            first._request_withdrawal(payable)
            thread = threading.Thread(target=withdraw, args=[second])
            thread.start()
            self._wait_until_somebody_waits()
            one.cr.commit()
            thread.join(15)
        self.assertEqual(outcome, ['told to try again'])
        with self._cursor() as env, self.assertRaisesRegex(UserError, "up to"):
            env['distribution.distributor'].browse(self.ids['distributor'])._request_withdrawal(1.0)
        self._check_books()

    @mute_logger('odoo.sql_db')
    def test_two_payouts_at_once_cannot_both_use_the_allowance_of_a_month(self):
        """Fixed expenses of 8: 4.40 on 30, and 9.60 on 60, however the two come about."""
        self._make_payable()
        with self._transaction() as env:
            distributor = env['distribution.distributor'].browse(self.ids['distributor'])
            distributor.tax_scheme_id = env['distribution.tax.scheme'].create({
                'name': "Labour", 'method': 'labour', 'table_ids': [Command.create({
                    'valid_from': '2000-01-01', 'source': "Test", 'currency_id': env.company.currency_id.id,
                    'expense_rate': 20, 'expense_fixed': 8, 'expense_fixed_until': 40,
                    'bracket_ids': [Command.create({'rate': 20})]})]})
            first, second = (distributor._request_withdrawal(30.0) for _index in range(2))
        # A month of its own: what others paid counts in theirs.
        with freeze_time('2031-01-15 12:00:00'), self._cursor() as one, self._cursor() as other:
            other.cr.execute("SELECT COUNT(*) FROM distribution_payout")       # its snapshot is taken
            first.with_env(one).action_approve()
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                second.with_env(other).action_approve()
            other.cr.rollback()
            second.with_env(other).action_approve()        # tried again
            other.cr.commit()
        with self._transaction() as env:
            payouts = (first | second).with_env(env).payout_ids.sorted('id')
            self.assertEqual(payouts.mapped('tax_amount'), [4.4, 5.2])
            payouts.action_mark_done()
            payouts.distributor_id.tax_scheme_id = False
        self._check_books()

    @mute_logger('odoo.sql_db')
    def test_two_moves_at_once_cannot_close_a_loop(self):
        with self._transaction() as env:
            partners = env['res.partner'].create([{'name': f"Loop {index}"} for index in range(4)])
            a, below_a, b, below_b = env['distribution.distributor'].create(
                [{'partner_id': partner.id} for partner in partners])
            below_a.parent_id, below_b.parent_id = a, b
        with self._cursor() as one, self._cursor() as other:
            other.cr.execute("SELECT COUNT(*) FROM distribution_distributor")
            a.with_env(one).parent_id = below_b.with_env(one)
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                b.with_env(other).parent_id = below_a.with_env(other)
            other.cr.rollback()
            with self.assertRaises(UserError):      # tried again, it sees the other move
                b.with_env(other).parent_id = below_a.with_env(other)

    @mute_logger('odoo.sql_db')
    def test_who_joins_while_the_upline_moves_does_not_keep_the_former_chain(self):
        with self._transaction() as env:
            partners = env['res.partner'].create([{'name': f"Chain {index}"} for index in range(4)])
            top, upline, new_top = env['distribution.distributor'].create(
                [{'partner_id': partner.id} for partner in partners[:3]])
            upline.parent_id = top
        with self._cursor() as joining, self._cursor() as moving:
            moving.cr.execute("SELECT COUNT(*) FROM distribution_distributor")       # its snapshot is taken
            joining['distribution.distributor'].create({'partner_id': partners[3].id, 'parent_id': upline.id})
            joining.cr.commit()
            with self.assertRaises(SerializationFailure):
                top.with_env(moving).parent_id = new_top.with_env(moving)
                moving.flush_all()
            moving.cr.rollback()
            top.with_env(moving).parent_id = new_top.with_env(moving)        # tried again
            moving.cr.commit()
        with self._cursor() as env:
            joined = env['distribution.distributor'].search([('partner_id', '=', partners[3].id)])
            self.assertEqual(joined.parent_path, f'{new_top.id}/{top.id}/{upline.id}/{joined.id}/')

    @mute_logger('odoo.sql_db')
    def test_two_bindings_of_one_customer_cannot_both_open(self):
        with self._transaction() as env:
            customer = env['res.partner'].create({'name': "Wooed"})
            rival = env['distribution.distributor'].create(
                {'partner_id': env['res.partner'].create({'name': "Rival"}).id})
        with self._cursor() as one, self._cursor() as other:
            for env in (one, other):        # both snapshots are taken before either writes
                env.cr.execute("SELECT 1 FROM distribution_binding")
            one['distribution.binding'].create({
                'partner_id': customer.id, 'distributor_id': self.ids['distributor']})
            one.cr.commit()
            with self.assertRaises(UniqueViolation):
                other['distribution.binding'].create({'partner_id': customer.id, 'distributor_id': rival.id})
        with self._cursor() as env:
            self.assertEqual(
                env['distribution.binding'].search([('partner_id', '=', customer.id)]).mapped('distributor_id.id'),
                [self.ids['distributor']])

    def test_two_workers_let_a_binding_follow_an_order_once(self):
        with self._transaction() as env:
            policy = env['distribution.policy']._get_in_force(env.company)
            policy.copy({'valid_from': fields.Date.add(policy.valid_from, days=1), 'binding_mode': 'first'})
            customer = env['res.partner'].create({'name': "Followed"})
            touch = env['distribution.touch'].create({
                'distributor_id': self.ids['distributor'], 'company_id': self.ids['company'],
                'at': fields.Datetime.now(), 'visitor': 'followed'})
            order = env['sale.order'].create({
                'partner_id': customer.id, 'distribution_visitor': touch.visitor,
                'order_line': [Command.create({'product_id': self.ids['product']})]})
            order.action_confirm()
        with self._cursor() as one, self._cursor() as other:
            self.assertEqual(one['distribution.binding']._follow(), 1)
            self.assertEqual(other['distribution.binding']._follow(), 0)
            one.cr.commit()
            other.cr.commit()
        with self._cursor() as env:
            self.assertEqual(env['distribution.binding'].search_count([('partner_id', '=', customer.id)]), 1)

    @mute_logger('odoo.sql_db')
    def test_a_payout_marked_done_twice_at_once_is_paid_once(self):
        self._make_payable()
        with self._transaction() as env:
            withdrawal = env['distribution.distributor'].browse(self.ids['distributor'])._request_withdrawal(10.0)
            withdrawal.action_approve()
            payout_id = withdrawal.payout_ids.id
        with self._cursor() as one, self._cursor() as other:
            other.cr.execute("SELECT 1")
            one['distribution.payout'].browse(payout_id).action_mark_done()
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                other['distribution.payout'].browse(payout_id).action_mark_done()
        with self._cursor() as env:
            payout = env['distribution.payout'].browse(payout_id)
            self.assertEqual(env['account.payment'].search_count([('memo', '=', payout.name)]), 1)
        self._check_books()
