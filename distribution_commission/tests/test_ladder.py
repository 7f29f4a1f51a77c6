from datetime import datetime
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..engine import evaluate
from .test_plan_kind import PlanCommon

STEPS = ((0, 5), (500, 8), (1000, 10))
# January of a year that has not begun: by the clock of Shanghai from 2029-12-31 16:00 UTC on.
JANUARY, LATE_JANUARY, FEBRUARY = '2030-01-10 08:00:00', '2030-01-25 08:00:00', '2030-02-10 08:00:00'


class LadderCommon(PlanCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = 'Asia/Shanghai'

    @classmethod
    def _put_ladders_in_force(cls, *ladders, rules=(), **values):
        """Activate a next version with these ladders; steps are pairs of bound and rate."""
        return cls._put_in_force(*rules, **values, ladder_ids=[Command.clear(), *(
            Command.create({
                'sequence': sequence,
                **ladder,
                'step_ids': [
                    Command.create({'lower_amount': lower, 'rate': rate})
                    for lower, rate in ladder.get('step_ids', STEPS)],
            })
            for sequence, ladder in enumerate(ladders, start=1))])

    def _sell_at(self, moment, *prices, pay=True, **values):
        with self._at(moment):
            return self._sell(*prices, pay=pay, **values)

    def _close(self, moment=FEBRUARY):
        """Let the scheduled job come along; return how many transfers there are afterwards."""
        with self._at(moment):
            while self.env['distribution.ladder.period']._post_due():
                pass
        self.env.invalidate_all()
        return self.env['distribution.transfer'].search_count([])

    def _get_periods(self):
        return self.env['distribution.ladder.period'].search([]).sorted('id')

    def _get_shares(self, *orders):
        """Return what the ladders give on the lines of these orders, those that give nothing left out."""
        rows = self.env['distribution.commission'].search([
            ('ladder_period_id', '!=', False), ('attribution_id.order_id', 'in', [order.id for order in orders])])
        rows = rows.sorted('order_line_ref').filtered('earned_amount')
        for row in rows:
            self.assertEqual(evaluate(row.explanation), round(row.earned_amount * 100))
            self.assertEqual(row.distributor_id, row.ladder_period_id.distributor_id)
            self.assertEqual(row.tier, 1)
        self.assertBooks()
        return rows.mapped('earned_amount')


@tagged('post_install', '-at_install')
class TestLadder(LadderCommon):

    def test_a_ladder_is_posted_on_the_lines_when_its_period_is_over_and_not_before(self):
        for method, expected in (('marginal', [39.0, 26.0]), ('whole', [60.0, 40.0])):
            with self.subTest(method):
                self._put_ladders_in_force({'method': method}, rules=[{'rate': 10}, {'tier': 2, 'rate': 5}])
                order, _invoice = self._sell_at(JANUARY, 600, 400)
                period = self._get_periods()[-1]
                self.assertRecordValues(period, [{
                    'distributor_id': self.seller.id,
                    'date_from': datetime(2029, 12, 31, 16), 'date_until': datetime(2030, 1, 31, 16),
                    'state': 'running', 'sales_amount': 1000.0, 'earned_amount': sum(expected), 'posted_amount': 0.0,
                }])
                self._close('2030-01-31 15:59:59')
                self.assertEqual(self._get_shares(order), [])
                self._close('2030-01-31 16:00:00')
                self.assertEqual(self._get_shares(order), expected)
                self.assertEqual(period.posted_amount, sum(expected))
                # Beside the commissions by rules, which are as they were.
                rows = self.env['distribution.commission'].search(
                    [('attribution_id.order_id', '=', order.id), ('ladder_period_id', '=', False)])
                self.assertEqual(sorted(rows.mapped('earned_amount')), [20.0, 30.0, 40.0, 60.0])

    def test_a_second_run_posts_nothing_and_neither_worker_wipes_what_the_other_posted(self):
        self._put_ladders_in_force({}, rules=[{'rate': 10}])
        order, _invoice = self._sell_at(JANUARY, 600, 400)
        count = self._close()
        self.assertEqual(self._close(), count)
        order._distribution_notify('edited')
        self._process()
        self.assertEqual(self._close(), count)
        self.assertEqual(self._get_shares(order), [39.0, 26.0])
        with self._at(FEBRUARY):
            self.assertEqual(self._get_periods().mapped('state'), ['posted'])

    def test_orders_of_the_period_are_counted_together_and_those_of_others_are_not(self):
        self._put_ladders_in_force({})
        first, _invoice = self._sell_at('2029-12-31 16:00:00', 600)     # the first moment of January
        last, _invoice = self._sell_at('2030-01-31 15:59:59', 400)      # the last one
        before, _invoice = self._sell_at('2029-12-31 15:59:59', 100)
        after, _invoice = self._sell_at('2030-01-31 16:00:00', 100)
        self._sell_at(JANUARY, 10_000, distributor=self.upline)
        self._close('2030-03-01 00:00:00')
        self.assertEqual(self._get_shares(first, last), [39.0, 26.0])
        self.assertEqual(self._get_shares(before, after), [5.0, 5.0])

    def test_periods_begin_at_midnight_of_the_time_zone(self):
        ladder = self.env['distribution.plan.ladder'].new({'tz': 'Asia/Shanghai'})
        moment = datetime(2030, 2, 13, 20)      # Thursday the 14th, four in the morning
        for period, begin, until in [
            ('day', datetime(2030, 2, 13, 16), datetime(2030, 2, 14, 16)),
            ('week', datetime(2030, 2, 10, 16), datetime(2030, 2, 17, 16)),
            ('month', datetime(2030, 1, 31, 16), datetime(2030, 2, 28, 16)),
            ('quarter', datetime(2029, 12, 31, 16), datetime(2030, 3, 31, 16)),
        ]:
            with self.subTest(period):
                ladder.period = period
                self.assertEqual(ladder._get_bounds(moment), (begin, until))
                self.assertEqual(ladder._get_bounds(begin), (begin, until))
                self.assertEqual(ladder._get_bounds(until)[0], until)
        ladder.write({'tz': 'Europe/Paris', 'period': 'month'})     # the clocks go forward within
        self.assertEqual(
            ladder._get_bounds(datetime(2030, 3, 15)), (datetime(2030, 2, 28, 23), datetime(2030, 3, 31, 22)))

    def test_a_refund_after_the_end_takes_its_part_back_and_the_other_lines_are_computed_anew(self):
        self._put_ladders_in_force({})
        first, invoice = self._sell_at(JANUARY, 600)
        second, _invoice = self._sell_at(LATE_JANUARY, 400)
        self._close()
        self.assertEqual(self._get_shares(first, second), [39.0, 26.0])
        with self._at(FEBRUARY):
            self._refund(invoice)
            self._process()
        self._close()
        self.assertEqual(self._get_shares(first), [])
        self.assertEqual(self._get_shares(second), [20.0])      # 400 are within the first step
        row = self.env['distribution.commission'].search([('attribution_id.order_id', '=', first.id)])
        self.assertRecordValues(row, [{'earned_amount': 0.0, 'base_amount': 0.0}])
        self.assertEqual(row.transfer_ids.mapped('reason'), ['clawback', 'accrual'])

    def test_a_partial_refund_and_then_the_rest_end_at_nothing(self):
        self._put_ladders_in_force({'method': 'whole'})
        order, invoice = self._sell_at(JANUARY, 1000)
        self._close()
        self.assertEqual(self._get_shares(order), [100.0])
        for amount, expected in [(0.01, [80.0]), (499.99, [40.0]), (500, [])]:
            with self._at(FEBRUARY):
                self._refund(invoice, amount=amount)
                self._process()
            self._close()
            self.assertEqual(self._get_shares(order), expected)
        self.assertBalances(self.seller)

    def test_a_payment_after_the_end_counts_in_the_period_of_the_order(self):
        self._put_ladders_in_force({})
        order, invoice = self._sell_at(JANUARY, 1000, pay=False)
        paid, _invoice = self._sell_at(JANUARY, 200)
        self._close()
        self.assertEqual(self._get_shares(order, paid), [10.0])
        with self._at('2030-03-10 08:00:00'):
            self._pay(invoice)
            self._process()
        self._close('2030-03-11 08:00:00')
        self.assertEqual(self._get_shares(order, paid), [70.83, 14.17])     # 85.00 on 1,200.00

    def test_a_cancelled_order_counts_no_longer(self):
        self._put_ladders_in_force({})
        first, _invoice = self._sell_at(JANUARY, 600)
        second, _invoice = self._sell_at(JANUARY, 400)
        self._close()
        with self._at(FEBRUARY):
            first._action_cancel()
            self._process()
        self._close()
        self.assertEqual(self._get_shares(first, second), [20.0])

    def test_an_order_whose_date_is_corrected_moves_to_the_other_period(self):
        self._put_ladders_in_force({})
        moved, _invoice = self._sell_at(JANUARY, 600)
        stays, _invoice = self._sell_at(LATE_JANUARY, 400)
        self._close()
        moved.date_order = '2029-12-10 08:00:00'
        self._process()
        self._close()
        self.assertEqual(self._get_shares(moved, stays), [33.0, 20.0])
        self.assertEqual(self._get_periods().mapped('posted_amount'), [20.0, 33.0])

    def test_a_line_counts_for_the_first_of_two_ladders_that_fits_it(self):
        category = self.env['product.category'].create({'name': "Gifts"})
        gift = self.product.create({
            'name': "Gift", 'categ_id': category.create({'name': "Boxes", 'parent_id': category.id}).id,
            'taxes_id': False, 'invoice_policy': 'order'})
        self._put_ladders_in_force(
            {'categ_id': category.id, 'method': 'whole', 'step_ids': [(0, 1), (300, 20)]},
            {'period': 'quarter'})
        with self._at(JANUARY):
            order = self._create_order(order_line=[
                Command.create({'product_id': gift.id, 'price_unit': 300}),
                Command.create({'product_id': self.product.id, 'price_unit': 600})])
            self._invoice(order)
            self._process()
        self._close()
        self.assertEqual(self._get_shares(order), [60.0])
        self._close('2030-04-01 08:00:00')
        self.assertEqual(self._get_shares(order), [60.0, 33.0])
        rows = self.env['distribution.commission'].search([('attribution_id.order_id', '=', order.id)]).sorted('id')
        self.assertIn("Passed over: Own sales of a month", rows[1].explanation_text)
        self.assertIn("Did not fit: Category", rows[1].explanation_text)

    def test_a_ladder_for_a_level_counts_what_was_sold_at_that_level(self):
        silver, gold = self.env['distribution.level'].create([
            {'name': "Silver", 'sequence': 1, 'company_id': self.company.id},
            {'name': "Gold", 'sequence': 2, 'company_id': self.company.id}])
        self._put_ladders_in_force({'level_id': gold.id, 'method': 'whole'})
        self.seller._set_level(silver, "A test")
        as_silver, _invoice = self._sell_at(JANUARY, 600)
        self.seller._set_level(gold, "A test")
        as_gold, _invoice = self._sell_at(LATE_JANUARY, 500)
        self._close()
        self.assertEqual(self._get_shares(as_silver, as_gold), [40.0])

    def test_who_was_suspended_when_an_order_was_confirmed_earns_nothing_on_it_and_the_upline_no_more(self):
        self._put_ladders_in_force({}, rules=[{'tier': 2, 'rate': 5}])
        self.seller._set_suspended("A test")
        order, _invoice = self._sell_at(JANUARY, 600)
        self._close()
        self.assertEqual(self._get_shares(order), [])
        self.assertFalse(self._get_periods())

    def test_rules_and_ladders_together_stay_within_the_cap_of_a_line(self):
        self._put_ladders_in_force(
            {'step_ids': [(0, 10)]}, rules=[{'rate': 15, 'customer': 'new'}, {'rate': 5}, {'tier': 2, 'rate': 5}],
            cap_rate=30)
        version = self.plan.active_version_id
        # A cap that cuts ladders is not published; one that is cut by rounding or by a kind without a rate is kept.
        self.env.cr.execute("UPDATE distribution_plan_version SET cap_rate = 25 WHERE id = %s", (version.id,))
        self.env.invalidate_all()
        order, _invoice = self._sell_at(JANUARY, 100)
        self._close()
        self.assertEqual(self._get_shares(order), [5.0])
        row = self.env['distribution.commission'].search([('ladder_period_id', '!=', False)])
        self.assertIn("limited to 25 % of the base", row.explanation_text)
        self.assertIn("So it was cut to", row.explanation_text)

    def test_an_adjustment_beside_a_ladder_stays_within_the_policy(self):
        self._put_ladders_in_force({'step_ids': [(0, 10)]}, rules=[{'rate': 10}])
        order, _invoice = self._sell_at(JANUARY, 100)
        row = self.env['distribution.commission'].search([('attribution_id.order_id', '=', order.id)])
        self.company.distribution_adjustment_limit = 1000
        adjustment = self.env['distribution.adjustment'].create({
            'commission_id': row.id, 'amount': 15.0, 'reason': "A mistake of ours"})
        adjustment.action_submit()
        self._close()
        self.assertEqual(self._get_shares(order), [5.0])        # 30 % in all, by the policy of the order

    def test_an_adjustment_of_a_ladder_is_kept_and_shrinks_with_the_sale(self):
        self._put_ladders_in_force({'step_ids': [(0, 10)]})
        order, invoice = self._sell_at(JANUARY, 100)
        self._close()
        self.company.distribution_adjustment_limit = 1000
        row = self.env['distribution.commission'].search([('attribution_id.order_id', '=', order.id)])
        adjustment = self.env['distribution.adjustment'].create({
            'commission_id': row.id, 'amount': 6.0, 'reason': "A mistake of ours"})
        adjustment.action_submit()
        self.assertEqual(row.earned_amount, 16.0)
        with self._at(FEBRUARY):
            self._refund(invoice, amount=50)
            self._process()
        self._close()
        self.env.invalidate_all()
        self.assertEqual(row.earned_amount, 8.0)

    def test_a_share_matures_after_the_hold_that_began_with_the_delivery(self):
        self._put_ladders_in_force({'step_ids': [(0, 10)]}, rules=[{'rate': 10}])
        with self._at(JANUARY):
            order, _invoice = self._sell(100)
            self._deliver(order)
            self._process()
        self._close()
        by_rule, share = self.env['distribution.commission'].search([]).sorted('id')
        self.assertTrue(share.available_on)
        self.assertEqual(share.available_on, by_rule.available_on)
        self.env['distribution.commission']._mature(self.company, fields.Datetime.to_datetime(FEBRUARY))
        self.assertBalances(self.seller, available=20.0, merchant=-20.0)

    def test_what_cannot_be_computed_keeps_its_error_and_stops_no_other(self):
        self._put_ladders_in_force({})
        order, _invoice = self._sell_at(JANUARY, 600)
        other, _invoice = self._sell_at(JANUARY, 600, distributor=self.upline)
        broken = self._get_periods()[0]
        get_targets = type(broken)._get_targets

        def _get_targets(periods, now):
            if broken in periods:
                raise ValueError("broken on purpose")
            return get_targets(periods, now)
        with patch.object(type(broken), '_get_targets', _get_targets), \
                mute_logger('odoo.addons.distribution_commission.models.distribution_ladder_period'):
            self._close()
        self.assertEqual(broken.error, "ValueError: broken on purpose")
        self.assertEqual(broken.state, 'failed')
        self.assertEqual((self._get_shares(order), self._get_shares(other)), ([], [33.0]))
        broken.action_retry()
        self._close()
        self.assertEqual(self._get_shares(order), [33.0])

    def test_the_plain_words_name_the_sales_the_steps_and_the_share(self):
        self._put_ladders_in_force({})
        order, _invoice = self._sell_at(JANUARY, 600, 400)
        self._close()
        row = self.env['distribution.commission'].search(
            [('attribution_id.order_id', '=', order.id)]).sorted('order_line_ref')[0]
        lines = row._get_explanation_lines()
        self.assertIn("Your own sales from 2030-01-01 – 2030-01-31 that count for this ladder: $\xa01,000.00", lines)
        self.assertIn(
            "Each step pays on its part of them (5 % from $\xa00.00, 8 % from $\xa0500.00, 10 % from $\xa01,000.00): "
            "$\xa065.00", lines)
        self.assertIn("This line's share of it, by what the line is worth: $\xa039.00", lines)

    def test_the_shadow_recomputation_agrees_and_finds_what_somebody_changed_beside_it(self):
        self._put_ladders_in_force({})
        order, _invoice = self._sell_at(JANUARY, 600, 400)
        self._close()
        with self._at(FEBRUARY):
            self.assertEqual(self._check_shadow(), [])
            self.env.cr.execute(
                "UPDATE distribution_commission SET earned_amount = 40 WHERE order_line_ref = %s",
                [order.order_line[0].id])
            self.env.invalidate_all()
            self.assertEqual(self._check_shadow(), [(40.0, 39.0)])

    def _check_shadow(self):
        """Run a shadow recomputation; return what is posted and what it should be, where they differ."""
        runs = self.env['distribution.shadow.run'].sudo()
        run = runs._find_or_create(self.company)
        while run._check_batch():
            pass
        return [(found.posted_amount, found.target_amount) for found in run.difference_ids]

    # === THE PLAN === #

    def test_steps_leave_no_sale_without_one_and_none_with_two(self):
        for steps, problem in [
            ([], "must begin at 0"),
            ([(1, 5)], "must begin at 0"),
            ([(0, 5), (500, 8), (500, 10)], "begin at the same amount"),
        ]:
            with self.subTest(steps), self.assertRaisesRegex(ValidationError, problem), self.env.cr.savepoint():
                self._put_ladders_in_force({'step_ids': steps})

    def test_a_ladder_is_entered_in_the_form_of_the_version(self):
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        with Form(draft) as form, form.ladder_ids.new() as ladder:
            ladder.period = 'quarter'
            for lower, rate in STEPS:
                with ladder.step_ids.new() as step:
                    step.lower_amount = lower
                    step.rate = rate
        self.assertRecordValues(draft.ladder_ids, [{
            'period': 'quarter', 'method': 'marginal', 'tz': 'Asia/Shanghai',
            'display_name': "Own sales of a quarter, each step on its part: "
                            "5 % from $\xa00.00, 8 % from $\xa0500.00, 10 % from $\xa01,000.00"}])

    def test_a_published_ladder_is_frozen_with_its_steps(self):
        version = self._put_ladders_in_force({})
        ladder = version.ladder_ids
        for case, change in [
            ("period", lambda: ladder.write({'period': 'day'})),
            ("rate", lambda: ladder.step_ids[0].write({'rate': 30})),
            ("step gone", lambda: ladder.step_ids[0].unlink()),
            ("another step", lambda: ladder.step_ids.create({'ladder_id': ladder.id, 'lower_amount': 9, 'rate': 1})),
            ("ladder gone", ladder.unlink),
            ("time zone", lambda: ladder.write({'tz': 'UTC'})),
        ]:
            with self.subTest(case), self.assertRaisesRegex(UserError, "kept as it was"):
                change()
        self.company.partner_id.tz = 'UTC'
        self.assertEqual(ladder.tz, 'Asia/Shanghai')

    def test_what_rules_and_ladders_promise_together_stays_within_the_policy(self):
        rules = [{'rate': 15}, {'tier': 2, 'rate': 5}]
        version = self._put_ladders_in_force({'step_ids': [(0, 1), (500, 10)]}, rules=rules, cap_rate=30)
        finding = {finding.rule: finding for finding in version._get_legal_findings()}
        self.assertTrue(finding['R08'].holds)
        self.assertIn('own_net_sales', finding['R04'].found)
        with self.assertRaisesRegex(ValidationError, "together pay up to 30.0001 %; the policy allows 30 %"):
            self._put_ladders_in_force({'step_ids': [(0, 1), (500, 10.0001)]}, rules=rules, cap_rate=30)

    def test_the_next_version_starts_as_a_copy_and_says_what_is_different(self):
        old = self._put_ladders_in_force({})
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        self.assertEqual(draft.ladder_ids.step_ids.mapped('rate'), [5, 8, 10])
        self.assertFalse(draft._get_diff_lines(old))
        draft.ladder_ids.step_ids[2].rate = 9
        self.assertEqual(draft._get_diff_lines(old), [
            f"{sign} Own sales of a month, each step on its part: 5 % from $\xa00.00, 8 % from $\xa0500.00, "
            f"{rate} % from $\xa01,000.00" for sign, rate in (('−', 10), ('+', 9))])

    def test_the_dossier_keeps_the_ladders(self):
        version = self._put_ladders_in_force({})
        words = [rule['words'] for rule in version._get_dossier()['rules']]
        self.assertEqual(words, version.ladder_ids.mapped('display_name'))

    def test_a_simulation_shows_what_ladders_would_pay(self):
        old = self._put_ladders_in_force({'step_ids': [(0, 1)]}, rules=[{'rate': 10}])
        self._sell_at(JANUARY, 600, 400)
        self._sell_at('2030-03-10 08:00:00', 100)
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        draft.ladder_ids.step_ids = [Command.clear(), *(
            Command.create({'lower_amount': lower, 'rate': rate}) for lower, rate in STEPS)]
        simulation = self.env['distribution.plan.simulation'].create({
            'version_id': draft.id, 'date_from': '2030-01-01', 'date_until': '2030-04-01'})
        simulation.action_simulate()
        self.assertRecordValues(simulation.line_ids, [
            {'distributor_id': self.seller.id, 'tier': 1, 'old_amount': 121.0, 'new_amount': 180.0}])
        self.assertEqual(simulation.order_count, 2)
        self.assertEqual(old.state, 'active')

    def test_orders_count_by_the_version_that_they_pinned(self):
        self._put_ladders_in_force({'step_ids': [(0, 10)]})
        old, _invoice = self._sell_at(JANUARY, 100)
        self._put_ladders_in_force({'step_ids': [(0, 1), (150, 20)]})
        new, _invoice = self._sell_at(LATE_JANUARY, 100)
        self._close()
        self.assertEqual(self._get_shares(old, new), [10.0, 1.0])
