from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DistributionCommon

MODELS = [
    'distribution.adjustment', 'distribution.debt.report', 'distribution.shadow.difference', 'distribution.shadow.run',
    'distribution.write.off',
    'distribution.ladder.period', 'distribution.plan.ladder', 'distribution.plan.ladder.step',
    'distribution.balance', 'distribution.commission', 'distribution.event', 'distribution.payout',
    'distribution.payout.batch', 'distribution.payout.channel', 'distribution.plan', 'distribution.plan.band',
    'distribution.plan.rule', 'distribution.plan.version',
    'distribution.settlement', 'distribution.settlement.left.out', 'distribution.settlement.line',
    'distribution.books.difference', 'distribution.books.run', 'distribution.commission.report',
    'distribution.payable.report', 'distribution.payout.report', 'distribution.period',
    'distribution.unsettled.report', 'distribution.settlement.run', 'distribution.transfer', 'distribution.withdrawal',
]


@tagged('post_install', '-at_install')
class TestSecurity(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=2)
        cls.seller._request_withdrawal(5.0)
        cls.upline._request_withdrawal(5.0)
        cls.portal_user = new_test_user(cls.env, 'seller', groups='base.group_portal')
        cls.portal_user.partner_id = cls.seller.partner_id
        cls.users = {
            'employee': new_test_user(cls.env, 'employee', groups='base.group_user'),
            'officer': new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user'),
            'finance': new_test_user(cls.env, 'finance', groups='distribution_commission.group_distribution_finance'),
            'manager': new_test_user(cls.env, 'manager', groups='distribution_core.group_distribution_manager'),
        }

    def test_who_may_do_what_on_which_model(self):
        readable_by_portal = {'balance', 'commission', 'settlement', 'settlement.line', 'withdrawal'}
        written_by_finance = {
            'adjustment', 'books.difference', 'payout', 'payout.batch', 'settlement.run', 'withdrawal', 'write.off'}
        written_by_manager = written_by_finance | {
            'payout.channel', 'plan', 'plan.band', 'plan.rule', 'plan.version',
            'plan.ladder', 'plan.ladder.step'}
        for model in MODELS:
            name = model.removeprefix('distribution.')
            for role, user, reads, writes in [
                ('portal', self.portal_user, name in readable_by_portal, False),
                ('employee', self.users['employee'], False, False),
                ('officer', self.users['officer'], True, False),
                ('finance', self.users['finance'], True, name in written_by_finance),
                ('manager', self.users['manager'], True, name in written_by_manager),
            ]:
                with self.subTest(model=model, role=role):
                    records = self.env[model].with_user(user)
                    self.assertEqual(records.has_access('read'), reads)
                    self.assertEqual(records.has_access('write'), writes)

    def test_a_distributor_sees_its_own_rows_and_nobody_elses(self):
        for model in ('distribution.balance', 'distribution.commission', 'distribution.settlement',
                      'distribution.settlement.line', 'distribution.withdrawal'):
            with self.subTest(model):
                everything = self.env[model].search([])
                own = self.env[model].with_user(self.portal_user).search([])
                self.assertEqual(own.sudo().distributor_id, self.seller)
                self.assertEqual(own.sudo(), everything.filtered(lambda row: row.distributor_id == self.seller))
                with self.assertRaises(AccessError):
                    (everything - own).with_user(self.portal_user).read(['amount' if 'amount' in own else 'id'])

    def test_another_company_sees_nothing(self):
        other = self.env['res.company'].create({'name': "Other"})
        user = new_test_user(
            self.env, 'other', groups='distribution_core.group_distribution_manager',
            company_id=other.id, company_ids=[(6, 0, other.ids)])
        for model in MODELS:
            if 'company_id' in self.env[model]._fields:
                with self.subTest(model):
                    self.assertFalse(self.env[model].with_user(user).search([('company_id', '=', self.company.id)]))

    def test_a_distributor_cannot_read_who_stands_above_it(self):
        with self.assertRaises(AccessError):
            self.seller.with_user(self.portal_user).read(['parent_id'])
