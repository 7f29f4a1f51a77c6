from odoo.tests import tagged

from .test_ladder import FEBRUARY, JANUARY, LadderCommon


@tagged('post_install', '-at_install')
class TestLadderStatement(LadderCommon):

    def _settle_ladder(self, *ladders, rules=()):
        """Sell for 600 and 400 in January, and settle when the ladders are posted; return the lines."""
        self._put_ladders_in_force(*ladders, rules=rules)
        order, _invoice = self._sell_at(JANUARY, 600, 400)
        with self._at(JANUARY):
            self._deliver(order)
            self._process()
        self._close()
        with self._at(FEBRUARY):
            self._mature()
            statement = self._settle().settlement_ids.filtered(lambda row: row.distributor_id == self.seller)
        return order, statement.line_ids.sorted('amount')

    def test_a_line_says_the_rate_that_the_ladder_gave_and_the_step_that_was_reached(self):
        for method, rate, amounts in (('marginal', 6.5, [26, 39]), ('whole', 10, [40, 60])):
            with self.subTest(method):
                _order, lines = self._settle_ladder({'method': method})
                self.assertRecordValues(lines, [
                    {'amount': amount, 'base_amount': base, 'rate': rate, 'step_amount': 1000}
                    for amount, base in zip(amounts, (400, 600), strict=True)])
        html, _kind = self.env['ir.actions.report']._render_qweb_html(
            'distribution_commission.report_settlement', lines.settlement_id.ids)
        self.assertIn("Step from", html.decode())
        self.assertIn([400.0, 10.0, 0.0, 40.0], [row[4:] for row in lines.settlement_id._get_rows()])

    def test_a_later_refund_leaves_what_the_statement_says(self):
        order, lines = self._settle_ladder({'method': 'whole'})
        with self._at(FEBRUARY):
            self._refund(order.invoice_ids)
            self._process()
        self._close('2030-02-11 08:00:00')
        self.env.invalidate_all()
        self.assertRecordValues(lines, [
            {'amount': 40, 'rate': 10, 'step_amount': 1000}, {'amount': 60, 'rate': 10, 'step_amount': 1000}])

    def test_commissions_by_rules_stand_beside_without_a_step(self):
        _order, lines = self._settle_ladder({'method': 'whole'}, rules=[{'rate': 7}])
        self.assertEqual(
            [(line.amount, line.rate, line.step_amount) for line in lines],
            [(28, 7, 0), (40, 10, 1000), (42, 7, 0), (60, 10, 1000)])
