from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


class SettlementCommon(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accrued = cls.company.distribution_accrued_account_id
        cls.payable = cls.company.distribution_payable_account_id

    @classmethod
    def _make_available(cls, quantity=1, **values):
        """Sell to somebody without an upline unless told otherwise: 10 for each unit of 100."""
        order = cls._create_order(quantity, **values)
        invoice = cls._invoice(order)
        cls._deliver(order)
        cls._process()
        cls._mature()
        return invoice

    def _prepare(self, **values):
        run = self.env['distribution.settlement.run'].create(values)
        run.action_prepare()
        return run

    def _get_statements(self, run):
        return {
            statement.distributor_id: (statement.amount, statement.state) for statement in run.settlement_ids}

    def _get_left_out(self, run):
        return {(row.distributor_id, row.reason): row.amount for row in run.left_out_ids}


@tagged('post_install', '-at_install')
class TestSettlement(SettlementCommon):

    def test_everybody_gets_a_statement_or_is_left_out_with_the_reason(self):
        people = {
            name: self._create_distributor(name, **values)
            for name, values in {
                'Plenty': {}, 'Little': {}, 'Employee': {'kind': 'employee'}, 'Suspended': {}, 'Pending': {},
            }.items()
        }
        self._make_available(3, distributor=people['Plenty'])
        self._make_available(1, distributor=people['Little'])
        self._make_available(2, distributor=people['Employee'])
        self._make_available(2, distributor=people['Suspended'])
        people['Suspended']._set_suspended("Look into it")
        self._invoice(self._create_order(4, distributor=people['Pending']))
        self._process()
        run = self._prepare(min_amount=20)
        self.assertEqual(self._get_statements(run), {people['Plenty']: (30, 'draft')})
        self.assertEqual(self._get_left_out(run), {
            (people['Little'], 'minimum'): 10,
            (people['Employee'], 'employee'): 20,
            (people['Suspended'], 'suspended'): 20,
            (people['Pending'], 'pending'): 40,
        })
        run.action_prepare()
        self.assertEqual(len(run.settlement_ids), 1, "A second preview replaces the first")
        self.assertEqual(len(run.left_out_ids), 4)

    def test_a_settlement_of_many_takes_no_more_statements_than_one_of_few(self):
        """Their first statement, too, which makes vendors of them."""
        counts = []
        for size in (2, 12):
            sellers = [self._create_distributor(f"Seller {size}/{number}") for number in range(size)]
            for seller in sellers:
                self._make_available(distributor=seller)
            run = self._prepare()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run.action_post()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(run.settlement_ids.mapped('state'), ['posted'] * size)
            self.assertEqual([seller.partner_id.supplier_rank for seller in sellers], [1] * size)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_a_period_takes_what_was_available_before_its_end_in_the_time_zone_of_the_company(self):
        self.company.partner_id.tz = 'Asia/Shanghai'
        self.policy.hold_days = 7
        invoices = {}
        for name, moment in (('June', '2026-06-23 15:59:59'), ('July', '2026-06-23 16:00:00')):
            invoices[name] = self._create_distributor(name)
            with freeze_time(moment):       # in Shanghai the last second of 23 June, and the first of 24 June
                order = self._create_order(distributor=invoices[name])
                self._invoice(order)
                self._deliver(order)
                self._process()
        with freeze_time('2026-07-02 00:00:00'):
            self.env['distribution.commission']._mature(self.company, fields.Datetime.now())
            run = self._prepare(cycle='month')
            self.assertEqual([str(run.period_start), str(run.period_end)], ['2026-06-01', '2026-07-01'])
            self.assertEqual(self._get_statements(run), {invoices['June']: (10, 'draft')})
            self.assertEqual(self._get_left_out(run), {(invoices['July'], 'not_due'): 10})
            run.action_post()
            self.assertBalances(invoices['July'], merchant=-10, available=10)
            again = self._prepare(cycle='month')
            self.assertFalse(again.settlement_ids)
        with freeze_time('2026-08-01 00:00:00'):
            self.assertEqual(self._get_statements(self._prepare(cycle='month')), {invoices['July']: (10, 'draft')})

    def test_c1_22_a_distributor_has_one_statement_of_a_period(self):
        with freeze_time('2026-06-10 08:00:00'):
            self._make_available(distributor=self.upline)
            commission = self.env['distribution.commission'].search([])
        with freeze_time('2026-07-02 08:00:00'):
            self._prepare(cycle='month').action_post()
            adjustment = self.env['distribution.adjustment'].create({
                'commission_id': commission.id, 'amount': 5, 'reason': "Promised"})
            adjustment.action_submit()
            self.env['distribution.commission']._mature(self.company, fields.Datetime.now())
            run = self._prepare(cycle='month')
            self.assertFalse(run.settlement_ids)
            self.assertEqual(self._get_left_out(run), {(self.upline, 'settled'): 5})
        with freeze_time('2026-08-02 08:00:00'):
            run = self._prepare(cycle='month')
            run.action_post()
            self.assertRecordValues(run.settlement_ids.line_ids, [{'amount': 5, 'adjusted_amount': 5, 'base_amount': 100}])
            self.assertBalances(self.upline, merchant=-15, payable=15)

    def test_a_period_that_is_not_over_is_not_posted(self):
        self._make_available()
        run = self.env['distribution.settlement.run'].create({
            'cycle': 'day', 'period_start': '2100-01-01', 'period_end': '2100-01-02'})
        with self.assertRaisesRegex(UserError, "not over"):
            run.action_post()
        self.assertRecordValues(run, [{'state': 'draft'}])
        self.assertBalances(self.seller, merchant=-10, available=10)
        with self.assertRaisesRegex(ValidationError, "has none"):
            self.env['distribution.settlement.run'].create({
                'cycle': 'demand', 'period_start': '2026-01-01', 'period_end': '2026-01-02'})

    def test_large_statements_wait_for_a_second_person_and_hold_nobody_up(self):
        self.company.distribution_review_limit = 15
        big = self._create_distributor("Big")
        self._make_available(1)
        self._make_available(2, distributor=big)
        first, second = (
            new_test_user(self.env, login, groups='distribution_commission.group_distribution_finance')
            for login in ('first', 'second'))
        run = self.env['distribution.settlement.run'].with_user(first).create({})
        run.action_post()
        statement = run.settlement_ids.filtered(lambda statement: statement.distributor_id == big)
        self.assertEqual(self._get_statements(run), {
            self.seller: (10, 'posted'), self.upline: (5, 'posted'), big: (20, 'waiting')})
        self.assertEqual((run.state, run.waiting_count), ('running', 1))
        self.assertBalances(big, merchant=-20, available=20)
        with self.assertRaisesRegex(UserError, "Somebody other than"):
            statement.with_user(first).action_approve()
        self.assertBalances(big, merchant=-20, available=20)
        statement.with_user(second).action_approve()
        self.assertRecordValues(statement.sudo(), [{'state': 'posted', 'approved_by_id': second.id}])
        self.assertEqual(run.state, 'posted')
        self.assertBalances(big, merchant=-20, payable=20)

    def test_what_grew_since_the_second_person_looked_waits_again(self):
        self.company.distribution_review_limit = 15
        self._make_available(2)
        run = self._prepare()
        run.action_post()
        statement = run.settlement_ids.filtered(lambda statement: statement.distributor_id == self.seller)
        self._make_available(1)
        second = new_test_user(self.env, 'second', groups='distribution_commission.group_distribution_finance')
        statement.with_user(second).action_approve()
        self.assertRecordValues(statement, [{'state': 'waiting', 'amount': 30}])
        self.assertBalances(self.seller, merchant=-30, available=30)
        statement.with_user(second).action_refuse()
        self.assertRecordValues(statement, [{'state': 'cancelled'}])
        self.assertEqual(run.state, 'posted')
        self.assertBalances(self.seller, merchant=-30, available=30)

    def test_c1_20_one_bad_statement_never_blocks_the_others(self):
        sellers = [self._create_distributor(f"Seller {number}") for number in range(5)]
        for seller in sellers:
            self._make_available(distributor=seller)
        run = self._prepare()
        self.env.cr.execute(
            "DELETE FROM distribution_balance WHERE distributor_id = %s AND bucket = 'payable'", [sellers[2].id])
        self.env.invalidate_all()
        with mute_logger('odoo.addons.distribution_commission.models.distribution_settlement_posting'):
            run.action_post()
        self.assertEqual(
            [self._get_statements(run)[seller][1] for seller in sellers],
            ['posted', 'posted', 'failed', 'posted', 'posted'])
        self.assertTrue(run.settlement_ids.filtered(lambda statement: statement.state == 'failed').failure)
        self.env['distribution.balance']._open(sellers[2])
        self._settle()
        for seller in sellers:
            self.assertBalances(seller, merchant=-10, payable=10)

    def test_a_big_run_is_posted_in_batches_and_goes_on_where_it_stopped(self):
        sellers = [self._create_distributor(f"Seller {number}") for number in range(5)]
        for seller in sellers:
            self._make_available(distributor=seller)
        run = self._prepare()
        run.sudo()._release()
        self.assertEqual(run.sudo()._post_next(limit=2), 2)
        self.assertEqual(run.state, 'running')
        self.assertBooks()
        with self.enter_registry_test_mode():
            self.env.ref('distribution_commission.ir_cron_settle').sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(run.state, 'posted')
        self.assertEqual([len(move.line_ids) for move in run.move_ids.sorted('id')], [3, 4])
        for seller in sellers:
            self.assertBalances(seller, merchant=-10, payable=10)

    def test_a_debt_is_brought_forward_and_set_off(self):
        invoice = self._make_payable(3)
        withdrawal = self.seller._request_withdrawal(30.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self._refund(invoice)
        self._process()
        self._book()
        run = self._prepare()
        self.assertEqual(self._get_left_out(run)[self.seller, 'debt'], -30)
        self._make_available(2)
        run = self._prepare()
        run.action_post()
        statement = run.settlement_ids.filtered(lambda statement: statement.distributor_id == self.seller)
        self.assertRecordValues(statement, [{'amount': 20, 'carried_amount': -30, 'due_amount': -10}])
        self.assertRecordValues(statement.line_ids, [
            {'kind': 'commission', 'amount': 20}, {'kind': 'taken_back', 'amount': -30}])
        self.assertBalances(self.seller, merchant=-20, payable=-10, paid=30)
        self._make_available(4)
        run = self._settle()
        statement = run.settlement_ids.filtered(lambda statement: statement.distributor_id == self.seller)
        self.assertRecordValues(statement, [{'amount': 40, 'carried_amount': -10, 'due_amount': 30}])
        self.assertEqual(statement.line_ids.mapped('kind'), ['commission'])
        self.assertBalances(self.seller, merchant=-60, payable=30, paid=30)

    def test_a_statement_stays_as_it_was_when_the_sale_is_refunded_later(self):
        invoice = self._make_payable(2)
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.seller.id)])
        values = [{'amount': 20, 'base_amount': 200, 'rate': 10, 'tier': 1, 'product_name': "Tea"}]
        self.assertRecordValues(statement.line_ids, values)
        self._refund(invoice)
        self._process()
        self.env.invalidate_all()
        self.assertEqual(self.env['distribution.commission'].search([], limit=1).base_amount, 0)
        self.assertRecordValues(statement.line_ids, values)

    def test_whoever_resigned_is_still_settled_and_pays_back_what_is_refunded(self):
        invoice = self._make_available(2)
        self.seller._set_closed("Resigned")
        self._settle()
        self.assertBalances(self.seller, merchant=-20, payable=20)
        self._refund(invoice, amount=50.0)
        self._process()
        self._book()
        self.assertBalances(self.seller, merchant=-15, payable=15)

    def test_states_are_not_written_from_outside(self):
        self._make_available()
        run = self._prepare()
        finance = new_test_user(self.env, 'finance', groups='distribution_commission.group_distribution_finance')
        for records, values, error in [
            (run, {'state': 'posted'}, UserError), (run, {'released_by_id': finance.id}, UserError),
            (run.settlement_ids, {'state': 'posted'}, UserError), (run.settlement_ids, {'amount': 1_000_000}, UserError),
        ]:
            with self.subTest(values=values), self.assertRaises(error):
                records.with_user(finance).write(values)
        born_posted = self.env['distribution.settlement.run'].with_user(finance).create({'state': 'posted', 'name': "X"})
        self.assertEqual(born_posted.state, 'draft')
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        for method in ('action_prepare', 'action_post'):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(run.with_user(officer), method)()
        self.assertBalances(self.seller, merchant=-10, available=10)

    def test_what_is_due_is_prepared_once_by_itself(self):
        company = self.company
        company.write({'distribution_settlement_cycle': 'month', 'distribution_settlement_auto': True})
        with freeze_time('2026-06-10 08:00:00'):
            self._make_available(distributor=self.upline)
        with freeze_time('2026-06-30 08:00:00'):
            self.assertFalse(self.env['distribution.settlement.run'].sudo()._prepare_due(company))
        with freeze_time('2026-07-01 08:00:00'):
            run = self.env['distribution.settlement.run'].sudo()._prepare_due(company)
            self.assertEqual((str(run.period_start), run.state), ('2026-06-01', 'running'))
            self.assertFalse(self.env['distribution.settlement.run'].sudo()._prepare_due(company))
            run._post_next()
            self.assertBalances(self.upline, merchant=-10, payable=10)

    def test_a_threshold_settles_whoever_reached_it(self):
        self.company.write({'distribution_settlement_cycle': 'threshold', 'distribution_settlement_min_amount': 20})
        Run = self.env['distribution.settlement.run'].sudo()
        self._make_available(distributor=self.upline)
        self.assertFalse(Run._prepare_due(self.company))
        self._make_available(distributor=self.upline)
        self.assertEqual(self._get_statements(Run._prepare_due(self.company)), {self.upline: (20, 'draft')})

    def test_distributors_are_told_in_their_language(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.seller.partner_id.write({'email': 'seller@example.com', 'lang': 'zh_CN'})
        self._make_payable(2)
        self.env['distribution.settlement'].sudo()._tell_next()
        mail = self.env['mail.mail'].sudo().search([('model', '=', 'distribution.settlement')])
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.seller.id)])
        self.assertEqual(mail.recipient_ids, self.seller.partner_id)
        self.assertIn(statement._get_portal_url(), mail.body_html)
        self.assertEqual(self.env['distribution.settlement'].sudo()._tell_next(), 0)

    def test_a_statement_can_be_printed_and_opened_as_a_spreadsheet(self):
        self._make_payable(2)
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.seller.id)])
        html, _type = self.env['ir.actions.report']._render_qweb_html(
            'distribution_commission.report_settlement', statement.ids)
        for text in (statement.name, "Tea", "200.00", "20.00"):
            self.assertIn(text, html.decode())
        self.assertEqual(statement._get_rows()[0][1:], [
            statement.line_ids.order_name, "Tea", 1, 200.0, 10.0, 0.0, 20.0])
        self.assertTrue(statement._get_xlsx().startswith(b'PK'))


@tagged('post_install', '-at_install')
class TestSettlementCurrency(SettlementCommon):
    """The same in companies of other currencies, one of them without decimals."""

    def test_a_company_settles_in_its_own_currency(self):
        for code, accrued, sold in (('CNY', 12.35, 123.45), ('JPY', 12, 123)):
            with self.subTest(code):
                currency = self.env['res.currency'].with_context(active_test=False).search([('name', '=', code)])
                currency.active = True
                self.env['sale.order'].search([]).write({'state': 'cancel'})
                company = self._create_company(name=code, currency_id=currency.id)
                company._distribution_setup_accounting()
                env = self.env(context={**self.env.context, 'allowed_company_ids': company.ids})
                self._sell_and_settle(env, company, sold, accrued)

    def _sell_and_settle(self, env, company, sold, accrued):
        policy = env['distribution.policy']._get_in_force(company)
        policy.write({'notice_days': 0, 'plan_second_person': False})
        plan = env['distribution.plan'].create({'name': company.name, 'company_id': company.id})
        version = plan._get_latest_version()
        version.rule_ids = [Command.clear(), Command.create({'tier': 1, 'rate': 10})]
        version.action_activate()
        seller = env['distribution.distributor'].create({
            'partner_id': env['res.partner'].create({'name': "Seller"}).id, 'company_id': company.id})
        seller._set_active()
        order = env['sale.order'].create({
            'partner_id': self.customer.id, 'distributor_id': seller.id, 'company_id': company.id,
            'order_line': [Command.create({
                'product_id': self.product.id, 'price_unit': sold, 'tax_ids': [Command.clear()]})],
        })
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        order.order_line.qty_delivered = 1
        self._process()
        env['distribution.commission']._mature(company, '2100-01-01 00:00:00')
        run = env['distribution.settlement.run'].create({'company_id': company.id})
        run.action_post()
        self.assertRecordValues(run.move_ids.line_ids.sorted('balance'), [
            {'account_id': company.distribution_payable_account_id.id, 'balance': -accrued,
             'currency_id': company.currency_id.id, 'amount_currency': -accrued, 'partner_id': seller.partner_id.id},
            {'account_id': company.distribution_accrued_account_id.id, 'balance': accrued,
             'currency_id': company.currency_id.id, 'amount_currency': accrued, 'partner_id': False},
        ])
        self.assertBalances(seller, merchant=-accrued, payable=accrued)
