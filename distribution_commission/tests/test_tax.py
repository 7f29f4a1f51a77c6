from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tax import METHODS, replay
from .common import DistributionCommon


class TaxCommon(DistributionCommon):
    """A company in China that pays in CNY; the seller may withdraw 200,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._move()
        cls.company.write({
            'distribution_review_limit': 1e9, 'distribution_approval_limit': 1e9,
            'distribution_withdrawal_min': 0, 'distribution_withdrawal_daily_count': 0})
        with cls._at('2026-05-31 12:00:00'):
            cls._make_payable(quantity=20_000)

    @classmethod
    def _move(cls):
        cls.env.ref('base.CNY').active = True
        cls.company.currency_id = cls.env.ref('base.CNY')
        cls.company.account_fiscal_country_id = cls.company.country_id = cls.env.ref('base.cn')
        cls.company.partner_id.tz = 'Asia/Shanghai'

    # === BUILDERS === #

    @classmethod
    def _approve(cls, amount, distributor=None):
        """Ask for a withdrawal and approve it; return the payout."""
        withdrawal = (distributor or cls.seller)._request_withdrawal(amount)
        withdrawal.action_approve()
        return withdrawal.payout_ids.filtered(lambda payout: payout.state == 'draft')

    @classmethod
    def _pay_out(cls, amount, distributor=None):
        payout = cls._approve(amount, distributor)
        payout.action_mark_done()
        return payout

    @classmethod
    def _create_scheme(cls, rate=10.0, **values):
        return cls.env['distribution.tax.scheme'].create({
            'name': "Flat",
            'method': 'flat',
            'table_ids': [Command.create({
                'valid_from': '2020-01-01', 'source': "Act 1", 'bracket_ids': [Command.create({'rate': rate})]})],
            **values,
        })

    # === ASSERTIONS === #

    def assertPayment(self, payout, gross, tax):
        """Check the entry of a payout, that it is reconciled, and that the books are right."""
        self.assertRecordValues(payout.payment_id, [{'amount': gross - tax, 'currency_id': self.company.currency_id.id}])
        lines = payout.payment_id.move_id.line_ids
        outstanding, payable = payout.payment_id.outstanding_account_id, self.company.distribution_payable_account_id
        expected = [
            {'account_id': outstanding.id, 'debit': 0, 'credit': gross - tax, 'reconciled': False},
            {'account_id': payable.id, 'debit': gross, 'credit': 0, 'reconciled': True},
        ]
        if tax:
            expected.append({
                'account_id': self.company.distribution_tax_account_id.id, 'debit': 0, 'credit': tax, 'reconciled': False})
        partner = payout.distributor_id.partner_id.id
        self.assertRecordValues(
            lines.sorted('id'), [{**values, 'partner_id': partner} for values in expected])
        self.assertBooks()

    def assertTaxes(self, *taxes):
        """Check what was withheld from the payouts, in the order in which they were made."""
        payouts = self.env['distribution.payout'].search([('company_id', '=', self.company.id)], order='id')
        self.assertEqual(payouts.mapped('tax_amount'), list(taxes))
        for payout in payouts:
            with self.subTest(payout=payout.name):
                minor = replay(payout.tax_explanation, METHODS) if payout.tax_explanation else 0
                self.assertEqual(minor, round(payout.tax_amount * 100))


@tagged('post_install', '-at_install')
class TestTax(TaxCommon):

    def test_a_payout_is_booked_gross_with_the_tax_beside_the_net(self):
        payout = self._pay_out(5000.0)
        self.assertPayment(payout, 5000, 800)
        self.assertRecordValues(payout, [{'tax_amount': 800, 'net_amount': 4200, 'state': 'done'}])
        self.assertBalances(self.seller, merchant=-200_000, payable=195_000, paid=4200, withheld=800)
        self.assertRecordValues(
            self.env['distribution.transfer'].search([('withdrawal_id', '=', payout.withdrawal_id.id)], order='id'), [
                {'source': 'payable', 'destination': 'reserved', 'amount': 5000, 'reason': 'reservation'},
                {'source': 'reserved', 'destination': 'paid', 'amount': 4200, 'reason': 'payout'},
                {'source': 'reserved', 'destination': 'withheld', 'amount': 800, 'reason': 'tax'},
            ])

    def test_single_payments_are_taxed_as_an_accountant_does(self):
        """The others of these vectors: tests/unit/test_tax_vectors.py."""
        for income, tax in [
            (800, 0), (801, 0.2), (4000, 640), (25_000, 4000), (30_000, 5200), (62_500, 13_000), (123_456.78, 32_506.17),
        ]:
            with self.subTest(income), self.env.cr.savepoint() as undo:
                self.assertPayment(self._pay_out(income), income, tax)
                undo.rollback()
                self.env.invalidate_all()

    def test_payouts_of_one_month_are_taxed_as_one(self):
        for amounts, taxes in [
            ((500, 500), (0, 40)),
            ((3000, 3000), (440, 520)),
            ((20_000, 10_000), (3200, 2000)),
            ((333.33, 333.33, 333.34), (0, 0, 40)),
            ((10_000, 15_000, 40_000), (1600, 2400, 9800)),
        ]:
            with self.subTest(amounts), self.env.cr.savepoint() as undo:
                for amount in amounts:
                    self._pay_out(amount)
                self.assertTaxes(*taxes)
                self.assertBalances(
                    self.seller, merchant=-200_000, payable=200_000 - sum(amounts),
                    paid=sum(amounts) - sum(taxes), **({'withheld': sum(taxes)} if sum(taxes) else {}))
                undo.rollback()
                self.env.invalidate_all()

    def test_the_month_begins_in_the_time_zone_of_the_company(self):
        for moment, month, tax in [
            ('2026-06-10 12:00:00', '2026-06-01', 440),
            ('2026-06-30 15:59:59', '2026-06-01', 520),     # 23:59:59 in Shanghai
            ('2026-06-30 16:00:00', '2026-07-01', 440),
        ]:
            with self.subTest(moment), self._at(moment):
                payout = self._pay_out(3000)
                self.assertRecordValues(payout, [{'tax_amount': tax, 'tax_month': fields.Date.to_date(month)}])

    def test_a_payout_that_waits_has_used_the_allowance_of_the_month(self):
        first, second = self._approve(3000), self._approve(3000)
        self.assertTaxes(440, 520)
        second.action_mark_done()
        first.action_mark_done()
        self.assertTaxes(440, 520)
        self.assertBalances(self.seller, merchant=-200_000, payable=194_000, paid=5040, withheld=960)

    def test_a_failed_payout_is_no_income_and_its_tax_is_not_owed(self):
        failed = self._approve(20_000)
        self._pay_out(10_000)
        self.assertTaxes(3200, 2000)
        failed.action_mark_failed()
        self.assertBalances(self.seller, merchant=-200_000, payable=190_000, paid=8000, withheld=2000)
        failed.withdrawal_id.action_retry()
        self.assertTaxes(3200, 2000, 3200)      # 5,200 on 30,000, in whatever order
        failed.withdrawal_id.payout_ids.filtered(lambda payout: payout.state == 'draft').action_mark_done()
        self.assertBalances(self.seller, merchant=-200_000, payable=170_000, paid=24_800, withheld=5200)

    def test_what_was_withheld_too_much_is_set_off_within_the_month_and_never_paid_out(self):
        failed = self._approve(20_000)
        self._pay_out(10_000)
        failed.action_mark_failed()
        self._pay_out(500)      # 1,680 on 10,500, of which 2,000 are withheld already
        self._pay_out(5000)     # 2,480 on 15,500
        self.assertTaxes(3200, 2000, 0, 480)

    def test_the_month_in_which_a_payout_is_handed_over_counts(self):
        with self._at('2026-06-30 12:00:00'):
            self._pay_out(3000)
            payout = self._approve(3000)
        self.assertRecordValues(payout, [{'tax_amount': 520, 'net_amount': 2480}])
        with self._at('2026-07-01 12:00:00'):
            payout.action_send()
            self.assertRecordValues(payout, [{'tax_amount': 440, 'net_amount': 2560}])
        with self._at('2026-08-01 12:00:00'):
            payout.action_set_tax()     # too late: somebody was told what to pay
            payout.action_mark_done()
        self.assertRecordValues(payout, [
            {'tax_amount': 440, 'net_amount': 2560, 'tax_month': fields.Date.to_date('2026-07-01')}])
        self.assertPayment(payout, 3000, 440)

    def test_a_platform_enterprise_withholds_on_the_year_so_far(self):
        self.company.distribution_platform_role = 'platform'
        for month, amount, tax in [
            (1, 8000, 42), (2, 25_000, 450), (3, 60_000, 2928), (4, 3000, 0), (5, 100_000, 7240),
        ]:
            with self.subTest(month), self._at(f'2026-{month:02}-20 04:00:00'):
                self.assertRecordValues(self._pay_out(amount), [{'tax_amount': tax}])
        self.assertBalances(self.seller, merchant=-200_000, payable=4000, paid=185_340, withheld=10_660)
        with self._at('2027-01-01 04:00:00'):
            self.assertRecordValues(self._pay_out(4000), [{'tax_amount': 0}])

    def test_two_payouts_of_a_month_are_one_month_for_a_platform_enterprise(self):
        self.company.distribution_platform_role = 'platform'
        with self._at('2026-01-20 04:00:00'):
            self._pay_out(4000)
            self._pay_out(6000)
        self.assertTaxes(0, 90)

    def test_who_the_payee_is_says_how_it_is_taxed(self):
        flat = self._create_scheme()
        for values, scheme, tax in [
            ({}, 'tax_scheme_cn_labour', 1600),
            ({'is_tax_resident': False}, 'tax_scheme_cn_nonresident', 590),
            ({'tax_scheme_id': flat.id}, None, 1000),
            ({'tax_scheme_id': self.env.ref('distribution_commission.tax_scheme_none').id}, 'tax_scheme_none', 0),
            ({'kind': 'sole_trader'}, False, 0),
            ({'kind': 'company'}, False, 0),
        ]:
            with self.subTest(values), self.env.cr.savepoint() as undo:
                self.seller.write(values)
                payout = self._pay_out(10_000)
                expected = scheme and self.env.ref(f'distribution_commission.{scheme}')
                self.assertEqual(payout.tax_scheme_id.id, expected.id if scheme else scheme is None and flat.id)
                self.assertPayment(payout, 10_000, tax)
                undo.rollback()
                self.env.invalidate_all()

    def test_the_settings_of_the_company_come_before_the_default_of_the_country(self):
        self.company.distribution_tax_individual_id = self._create_scheme(rate=3.0)
        self.assertPayment(self._pay_out(10_000), 10_000, 300)

    def test_figures_of_another_currency_are_never_converted(self):
        scheme = self._create_scheme()
        scheme.table_ids.currency_id = self.env.ref('base.EUR')
        with self.assertRaisesRegex(ValidationError, "not in CNY"):
            self.company.distribution_tax_individual_id = scheme
        self.seller.tax_scheme_id = scheme
        withdrawal = self.seller._request_withdrawal(100.0)
        with self.assertRaisesRegex(UserError, "in EUR, and the company pays in CNY"), self.env.cr.savepoint():
            withdrawal.action_approve()
        self.assertFalse(withdrawal.payout_ids)
        self.assertBalances(self.seller, merchant=-200_000, payable=199_900, reserved=100)

    def test_nothing_is_paid_without_figures_for_the_day(self):
        scheme = self._create_scheme()
        scheme.table_ids.valid_until = '2026-01-01'
        self.seller.tax_scheme_id = scheme
        with self._at('2025-12-31 12:00:00'):
            self.assertRecordValues(self._approve(100), [{'tax_amount': 10}])
        withdrawal = self.seller._request_withdrawal(100.0)
        with self._at('2026-01-01 12:00:00'), self.assertRaisesRegex(UserError, "no figures for 2026-01-01"):
            withdrawal.action_approve()

    def test_without_an_account_for_the_tax_nothing_is_paid(self):
        payout = self._approve(5000)
        self.company.distribution_tax_account_id = False
        with self.assertRaisesRegex(RedirectWarning, "no account for tax"), self.env.cr.savepoint():
            payout.action_mark_done()
        self.assertFalse(payout.payment_id)
        self.company._distribution_setup_accounting()
        payout.action_mark_done()
        self.assertPayment(payout, 5000, 800)

    def test_the_tax_is_explained_in_plain_words(self):
        self._pay_out(3000)
        payout = self._pay_out(3000)
        for part in (
            "China: labour remuneration; figures in force since 2019-01-01 (国家税务总局公告 2018 年第 61 号",
            "Paid before in the period: ¥ 3,000.00, of which withheld: ¥ 440.00",
            "With this payout: ¥ 6,000.00, of which taxable: ¥ 4,800.00",
            "Tax on it: ¥ 4,800.00 × 20 % − ¥ 0.00 = ¥ 960.00",
            "Withheld from this payout: ¥ 520.00",
        ):
            with self.subTest(part):
                self.assertIn(part, payout.tax_explanation_text.replace("\N{NO-BREAK SPACE}", " "))

    def test_the_books_check_sees_tax_that_was_booked_otherwise(self):
        payout = self._pay_out(5000)
        self.env.flush_all()
        self.env.cr.execute("UPDATE distribution_payout SET tax_amount = 799 WHERE id = %s", [payout.id])
        line = payout.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == self.company.distribution_tax_account_id)
        self.env.cr.execute("UPDATE account_move_line SET account_id = %s WHERE id = %s", [
            self.company.distribution_expense_account_id.id, line.id])
        self.env.invalidate_all()
        self.assertEqual({difference['check'] for difference in self.env['distribution.books'].check()}, {
            "tax withheld equals the payments' items on the tax account",
            "tax withheld is what was worked out for the payouts"})

    def test_remitting_the_tax_is_no_difference(self):
        self._pay_out(5000)
        self.env['account.move'].create({'line_ids': [
            Command.create({'account_id': account.id, 'balance': balance}) for account, balance in (
                (self.company.distribution_tax_account_id, 800), (self.company_data['default_account_expense'], -800))
        ]}).action_post()
        self.assertBooks()


    def test_a_slip_says_what_can_be_claimed_back_for_the_year(self):
        with self._at('2026-06-10 12:00:00'):
            self._pay_out(30_000.0)
            self._pay_out(90_000.0)     # as in the vectors: 36,000 are taxable in the year, at 3 %
        slip = self.env['distribution.tax.slip'].search([('distributor_id', '=', self.seller.id)])
        self.assertEqual(slip.tax_amount, 31_400)
        self.assertEqual(slip._get_annual_settlement(), (1080, 1080 - 31_400))
        self.seller.is_tax_resident = False
        self.assertIsNone(slip._get_annual_settlement())


@tagged('post_install', '-at_install')
class TestTaxElsewhere(TaxCommon):
    """A company that pays in USD, in a country without a default."""

    @classmethod
    def _move(cls):
        """Stay where the company is."""

    def test_without_a_scheme_the_entries_are_those_of_a_payout_alone(self):
        payout = self._pay_out(5000)
        self.assertFalse(payout.tax_scheme_id)
        self.assertPayment(payout, 5000, 0)
        self.assertBalances(self.seller, merchant=-200_000, payable=195_000, paid=5000)

    def test_the_scheme_that_withholds_nothing_makes_the_same_entries(self):
        self.seller.tax_scheme_id = self.env.ref('distribution_commission.tax_scheme_none')
        payout = self._pay_out(5000)
        self.assertPayment(payout, 5000, 0)
        self.assertBalances(self.seller, merchant=-200_000, payable=195_000, paid=5000)

    def test_a_percentage_is_the_same_however_the_month_was_split(self):
        self.company.distribution_tax_individual_id = self._create_scheme(rate=12.5)
        for amount in (0.03, 0.03, 0.02, 99.92):
            self._pay_out(amount)
        self.assertTaxes(0, 0.01, 0, 12.49)


@tagged('post_install', '-at_install')
class TestTaxScheme(TaxCommon):

    def test_the_brackets_of_the_law_are_there_with_their_source(self):
        for name, quick_deductions in [
            ('tax_table_cn_labour_2019', [0, 2000, 7000]),
            ('tax_table_cn_platform_2025', [0, 2520, 16_920, 31_920, 52_920, 85_920, 181_920]),
            ('tax_table_cn_nonresident_2019', [0, 210, 1410, 2660, 4410, 7160, 15_160]),
        ]:
            with self.subTest(name):
                table = self.env.ref(f'distribution_commission.{name}')
                self.assertEqual(table.bracket_ids.mapped('quick_deduction'), quick_deductions)
                self.assertIn("国家税务总局公告", table.source)

    def test_what_payouts_were_taxed_by_stays_as_it_was(self):
        scheme = self._create_scheme()
        self.seller.tax_scheme_id = scheme
        table = scheme.table_ids
        table.bracket_ids.rate = 5
        with self._at('2026-06-10 12:00:00'):
            self._approve(100)
        for change in (
            lambda: table.write({'expense_rate': 10}),
            lambda: table.write({'valid_from': '2021-01-01'}),
            lambda: table.bracket_ids.write({'rate': 6}),
            lambda: table.bracket_ids.unlink(),
            lambda: table.write({'bracket_ids': [Command.create({'above': 100, 'rate': 6})]}),
            lambda: table.unlink(),
            lambda: scheme.write({'method': 'none'}),
            lambda: scheme.unlink(),
            lambda: table.write({'valid_until': '2026-06-10'}),
        ):
            with self.assertRaisesRegex(UserError, "taxed by"), self.env.cr.savepoint():
                change()
            self.env.invalidate_all()
        table.valid_until = '2026-06-11'
        table.copy({'valid_from': '2026-06-11', 'valid_until': False})
        self.assertEqual(scheme._get_table(fields.Date.to_date('2026-06-10')), table)
        self.assertNotEqual(scheme._get_table(fields.Date.to_date('2026-06-11')), table)

    def test_two_tables_are_never_in_force_at_once(self):
        table = self._create_scheme().table_ids
        with self.assertRaisesRegex(ValidationError, "in force on 2026-01-01"):
            table.copy({'valid_from': '2026-01-01'})

    def test_figures_that_make_no_sense_are_refused(self):
        table = self._create_scheme().table_ids
        bracket_id = table.bracket_ids.id
        for vals, error in (
            ({'valid_until': '2020-01-01'}, IntegrityError),
            ({'expense_rate': 101}, IntegrityError),
            ({'deduction': 5}, IntegrityError),
            ({'bracket_ids': [Command.update(bracket_id, {'rate': 100})]}, IntegrityError),
            ({'bracket_ids': [Command.update(bracket_id, {'above': 5})]}, ValidationError),
            ({'bracket_ids': [Command.clear()]}, ValidationError),
            ({'bracket_ids': [Command.create({'above': 5, 'rate': 6})]}, ValidationError),     # in no currency
        ):
            with self.subTest(vals), mute_logger('odoo.sql_db'), self.assertRaises(error), \
                    self.env.cr.savepoint():
                table.write(vals)
                self.env.flush_all()

    def test_a_country_has_one_default_for_a_kind_of_payee(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_scheme(country_id=self.env.ref('base.cn').id, default_for='individual')
        own = self._create_scheme(
            country_id=self.env.ref('base.cn').id, default_for='individual', company_id=self.company.id)
        self.assertEqual(self.seller._get_tax_scheme(), own)

    def test_the_settings_say_what_is_in_force(self):
        flat = self._create_scheme()
        for values, expected in [
            ({}, ["China: labour remuneration", "China: non-residents", "nothing is withheld", "nothing is withheld"]),
            ({'distribution_platform_role': 'platform', 'distribution_tax_company_id': flat.id}, [
                "China: cumulative, of platform enterprises", "China: non-residents", "nothing is withheld", "Flat"]),
        ]:
            with self.subTest(values):
                settings = self.env['res.config.settings'].create(values)
                self.assertEqual(
                    [line.partition(": ")[2] for line in settings.distribution_tax_text.splitlines()], expected)

    @freeze_time('2026-06-10 12:00:00')
    def test_only_administrators_change_schemes_and_only_finance_the_scheme_of_a_distributor(self):
        scheme = self._create_scheme()
        officer = self.env['res.users'].create({
            'name': "Officer", 'login': 'tax_officer',
            'group_ids': [Command.set(self.env.ref('distribution_core.group_distribution_user').ids)],
            'company_id': self.company.id, 'company_ids': [Command.set(self.company.ids)]})
        for record, vals in (
            (scheme, {'name': "Mine"}), (scheme.table_ids, {'source': "Mine"}), (scheme.table_ids.bracket_ids, {'rate': 1}),
            (self.seller, {'tax_scheme_id': scheme.id}),
        ):
            with self.subTest(record._name), self.assertRaisesRegex(UserError, "access|allowed|modify"):
                record.with_user(officer).write(vals)
        self.assertEqual(scheme.with_user(officer).name, "Flat")
