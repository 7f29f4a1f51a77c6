from odoo import fields
from odoo.tests import tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestReview(DistributionCommon):
    """Money under review: available → held, and back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order()
        cls.invoice = cls._invoice(cls.order)
        cls._deliver(cls.order)
        cls._process()
        cls._mature()
        cls.signal = cls.env['distribution.risk.signal'].sudo()._record(
            cls.env.ref('distribution_core.risk_check_shared_payee'),
            [{'distributor_id': cls.seller.id, 'key': 'case', 'facts': {'distributors': 2}}])
        cls._review()

    @classmethod
    def _review(cls):
        return cls.env['distribution.commission']._review(cls.company, fields.Datetime.now())

    def test_what_is_available_is_held_while_a_signal_waits_and_comes_back(self):
        self.assertBalances(self.seller, merchant=-10, held=10)
        self.assertBalances(self.upline, merchant=-5, available=5)
        commission = self.env['distribution.commission'].search([('distributor_id', '=', self.seller.id)])
        self.assertRecordValues(commission, [{'status': 'held', 'held_amount': 10, 'available_amount': 0}])
        self.assertEqual(self.env['distribution.commission'].search([('status', '=', 'held')]), commission)
        self.assertEqual(self._review(), 0)
        self.signal.action_confirm()
        self.assertEqual(self._review(), 0)
        self.signal.action_dismiss()
        self.assertEqual(self._review(), 1)
        self.assertBalances(self.seller, merchant=-10, available=10)

    def test_what_is_held_is_not_settled(self):
        run = self.env['distribution.settlement.run'].create({})
        run.action_prepare()
        self.assertEqual(run.settlement_ids.distributor_id, self.upline)

    def test_a_refund_takes_out_of_what_is_held(self):
        self._book()
        self._refund(self.invoice, 40.0)
        self._process()
        self._book()
        self.assertBalances(self.seller, merchant=-6, held=6)
        self._refund(self.invoice, 60.0)
        self._process()
        self._book()
        self.assertBalances(self.seller)

    def test_what_matures_meanwhile_is_held_too(self):
        order = self._create_order()
        self._invoice(order)
        self._deliver(order)
        self._process()
        self._mature()
        self.assertBalances(self.seller, merchant=-20, available=10, held=10)
        self.assertEqual(self._review(), 1)
        self.assertBalances(self.seller, merchant=-20, held=20)
