from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestRelink(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_upline = cls._create_distributor("Other upline")
        cls.other = cls._create_distributor("Other", parent_id=cls.other_upline.id)
        cls.order = cls._create_order()
        cls.invoice = cls._invoice(cls.order)
        cls._process()

    def _relink(self, distributor, reason="She had advised him", order=None):
        wizard = self.env['distribution.attribution.relink'].create({
            'attribution_id': (order or self.order).attribution_ids.id, 'distributor_id': distributor.id,
            'reason': reason})
        wizard.action_apply()
        self._process()

    def test_what_an_order_earns_moves_to_the_other_distributor_and_its_upline(self):
        self._relink(self.other)
        self.assertBalances(self.seller)
        self.assertBalances(self.upline)
        self.assertBalances(self.other, merchant=-10, pending=10)
        self.assertBalances(self.other_upline, merchant=-5, pending=5)
        self.assertRecordValues(self.order.attribution_ids, [{'distributor_id': self.other.id, 'source': 'staff'}])
        self.assertRecordValues(self.order.attribution_ids.change_ids, [{
            'distributor_id': self.seller.id, 'source': 'staff', 'reason': "She had advised him",
            'author_id': self.env.uid,
            'tiers': [[1, self.seller.id, False, ''], [2, self.upline.id, False, '']],
        }])
        for told in self.seller, self.other:
            self.assertTrue(self.env['mail.message'].sudo().search([
                ('partner_ids', '=', told.partner_id.id), ('body', 'ilike', "She had advised him")]))

    def test_and_back_again(self):
        self._relink(self.other)
        self._relink(self.seller, "No, she had not")
        self.assertBalances(self.other)
        self.assertBalances(self.seller, merchant=-10, pending=10)
        self.assertEqual(self.order.attribution_ids.change_ids.distributor_id, self.seller | self.other)

    def test_what_was_settled_is_taken_back_too(self):
        self._deliver(self.order)
        self._process()
        self._mature()
        self._settle()
        self._relink(self.other)
        self.assertBalances(self.seller)
        self.assertBalances(self.other, merchant=-10, pending=10)

    def test_nobody_may_be_credited_and_then_nobody_earns(self):
        self._relink(self.env['distribution.distributor'])
        for distributor in self.seller, self.upline:
            self.assertBalances(distributor)

    def test_the_chain_is_that_of_the_confirmation(self):
        with self._at(fields.Datetime.now() + timedelta(days=1)):
            self.other._set_upline(self.upline, "Moved since")
            self._relink(self.other)
        self.assertBalances(self.other_upline, merchant=-5, pending=5)
        self.assertBalances(self.upline)

    def test_a_later_refund_is_taken_from_who_is_credited_now(self):
        self._relink(self.other)
        self._refund(self.invoice)
        self._process()
        self.assertBalances(self.other)
        self.assertBalances(self.seller)

    def test_who_cannot_earn_is_refused_and_nothing_moves(self):
        suspended = self._create_distributor("Suspended")
        suspended._set_suspended("Under review")
        buyer = self._create_distributor("Buyer", partner_id=self.customer.id)
        for who, distributor, message in (
            ("credited already", self.seller, "already"),
            ("suspended", suspended, "Not active"),
            ("buyer", buyer, "Is the buyer"),
        ):
            with self.subTest(who), self.assertRaisesRegex(UserError, message):
                self._relink(distributor)
        self.assertFalse(self.order.attribution_ids.change_ids)
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_an_officer_may_not(self):
        officer = new_test_user(
            self.env, 'officer', groups='distribution_core.group_distribution_user,sales_team.group_sale_salesman')
        with self.assertRaises(AccessError):
            self.env['distribution.attribution.relink'].with_user(officer).create({
                'attribution_id': self.order.attribution_ids.id, 'distributor_id': self.other.id, 'reason': "Friend"})

    def test_a_change_is_never_edited(self):
        self._relink(self.other)
        with self.assertRaises(UserError):
            self.order.attribution_ids.change_ids.sudo().reason = "Something else"
