from odoo.tests import tagged

from .test_tax import TaxCommon


@tagged('post_install', '-at_install')
class TestTaxCompliance(TaxCommon):

    def _get_check(self, rule):
        _figures, checks = self.env['distribution.policy.rule']._evaluate(self.company)
        return next((state, evidence) for code, _severity, state, evidence in checks if code == rule)

    def test_before_anything_was_paid_there_is_nothing_to_check(self):
        for rule in ('R31', 'R32'):
            with self.subTest(rule):
                self.assertEqual(self._get_check(rule), ('not_applicable', {}))

    def test_payouts_that_were_not_taxed_or_not_with_their_month_are_found(self):
        self._pay_out(3000)
        payout = self._pay_out(3000)
        for rule, change, restore in [
            ('R31', "tax_month = NULL", "tax_month = tax_day - EXTRACT(DAY FROM tax_day)::int + 1"),
            ('R32', """tax_explanation = tax_explanation || '{"income": 300000}'""", "amount = amount"),
        ]:
            with self.subTest(rule):
                self.assertEqual(self._get_check(rule), ('green', {'payouts': 0}))
                self.env.cr.execute(f"UPDATE distribution_payout SET {change} WHERE id = {payout.id}")
                self.env.invalidate_all()
                self.assertEqual(self._get_check(rule), ('red', {'payouts': 1, 'payout_names': [payout.name]}))
                self.env.cr.execute(f"UPDATE distribution_payout SET {restore} WHERE id = {payout.id}")

    def test_who_was_paid_without_a_verified_identity_is_found(self):
        self._pay_out(3000)
        self.seller.identity_ids._set_unverified()
        self.assertEqual(self._get_check('R33'), ('red', {'distributors': 1, 'codes': [self.seller.code]}))
        self.seller.identity_ids.action_verify()
        self.assertEqual(self._get_check('R33'), ('green', {'distributors': 0}))

    def test_the_report_of_a_platform_is_due_in_the_month_after_the_quarter(self):
        self.assertEqual(self._get_check('R35'), ('not_applicable', {}))
        self.company.distribution_platform_role = 'platform'
        evidence = {'quarter': '2026-Q2'}
        with self._at('2026-07-31 15:59:59'):       # still July in Shanghai
            self.assertEqual(self._get_check('R35'), ('unknown', evidence))
        with self._at('2026-07-31 16:00:00'):
            self.assertEqual(self._get_check('R35'), ('red', evidence))
            self.env['distribution.tax.export'].create({
                'kind': 'platform', 'day': '2026-05-01', 'company_id': self.company.id}).action_export()
            self.assertEqual(self._get_check('R35'), ('green', evidence))
