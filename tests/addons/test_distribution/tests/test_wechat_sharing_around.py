from datetime import timedelta
from itertools import count
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .wechat_pay_common import run_job
from .wechat_sharing_common import WechatSharingCase

SHARING = '/v3/profitsharing'


@tagged('post_install', '-at_install')
class TestWechatSharingAround(WechatSharingCase):
    """Companies as receivers, what comes back, and the plan that profit sharing bounds."""

    def test_a_payment_is_frozen_in_whatever_second_its_order_is_looked_at(self):
        """A second may pass between any two looks at the clock; what is claimed now is not of the future then."""
        order, start, looks = self._create_order(1, confirm=False), fields.Datetime.now(), count()
        with patch.object(fields.Datetime, 'now', lambda: start + timedelta(seconds=next(looks))):
            self.assertTrue(order._wechat_earns_somebody())
        self.assertGreater(next(looks), 0)

    # === COMPANIES, AND WHAT COMES BACK === #

    def test_a_company_receives_as_a_merchant_under_its_verified_name(self):
        payout = self._share_with_company()
        self.assertEqual((payout.state, payout.wechat_share_ids.receiver_id.kind), ('done', 'merchant'))
        self.assertEqual(self._tell('sharing')['receivers'], {f'{self.APP_ID} MERCHANT_ID 1900000009': "张三丰"})
        self.assertNotIn("张三丰", str(self.fake.calls(f'{SHARING}/receivers/add')))
        self.assertBooks()

    def test_a_merchant_gives_back_and_the_payout_is_returned_when_all_is_here(self):
        payout = self._share_with_company()
        back = self.env['distribution.payout.return'].create({'payout_id': payout.id, 'reason': "Returned goods"})
        with self.assertRaisesRegex(UserError, "money is not here yet"):
            back.action_submit()
        back.action_wechat_take_back()
        self._take_back()
        self.assertRecordValues(back.wechat_return_ids, [{'state': 'failed', 'amount': 10.0}])     # it has not agreed
        self.assertEqual((back.state, payout.state), ('draft', 'done'))
        self._tell('merchants', consents=['1900000009'])
        self.fake.tell('faults', path=f'{SHARING}/return-orders', status=502, after=True)
        back.action_wechat_take_back()
        self._take_back()
        self.assertEqual(back.wechat_return_ids.sorted('id').mapped('state'), ['failed', 'new'])
        self._take_back()
        self.assertEqual(back.wechat_return_ids.sorted('id').mapped('state'), ['failed', 'success'])
        self.assertEqual((back.state, payout.state, payout.withdrawal_id.state), ('posted', 'returned', 'returned'))
        self.assertEqual(self._get_log('share', 'return'), [('share', 1000), ('return', 1000)])
        self.assertBalances(payout.distributor_id, merchant=-10, payable=11.5, input_tax=-1.5)
        self.assertEqual(self.sharing._wechat_get_amount(payout.distributor_id), 0.0, "It is not shared again")

    def _take_back(self):
        run_job(self, 'distribution.wechat.return', '_cron_go_on')

    def test_what_a_person_got_is_not_taken_back(self):
        self._earned()
        payout = self._share()
        back = self.env['distribution.payout.return'].create({'payout_id': payout.id, 'reason': "Returned goods"})
        for action in (back.action_wechat_take_back, back.action_submit):
            with self.assertRaisesRegex(UserError, "shared with a person cannot be taken back"):
                action()
        self.assertEqual((back.state, payout.state, self._get_log('return')), ('draft', 'done', []))

    # === THE PLAN === #

    def test_a_plan_that_may_pay_more_than_can_be_shared_is_not_activated(self):
        plan = self.env['distribution.plan'].create({'name': "Much"})
        self.merchant.sharing_rate = 30.0
        with self.assertRaisesRegex(ValidationError, "may earn 30 % of an order together"), self.env.cr.savepoint():
            self.merchant.sharing_rate = 20.0       # the plan in force has a cap of 30 %
        self._create_version(plan, [(1, 10.0)], cap_rate=12.0)
        self.merchant.sharing_rate = 15.0
        version = self._create_version(
            self.env['distribution.plan'].create({'name': "More"}), [(1, 10.0)], activate=False, cap_rate=16.0)
        self.assertIn("WeChat Pay shares 15 % of a payment at most", version.problems)
        with self.assertRaisesRegex(ValidationError, "may earn 16 % of an order together"), self.env.cr.savepoint():
            version.action_activate()
        self.assertEqual(version.state, 'draft')
        self.merchant.is_sharing = False
        version.invalidate_recordset()
        self.assertFalse(version.problems)
        version.action_activate()
        with self.assertRaisesRegex(ValidationError, "may earn 16 %"):
            self.merchant.is_sharing = True

    @mute_logger('odoo.sql_db')
    def test_the_settings_keep_to_what_the_platform_takes(self):
        for values in ({'sharing_days': 30}, {'sharing_days': 0}, {'sharing_rate': 0.0}, {'sharing_rate': 101.0}):
            with self.subTest(values), self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
                self.merchant.write(values)
                self.env.flush_all()
        for values in ({'wechat_merchant_id': False}, {'wechat_account_id': False}, {'wechat_remark': False}):
            with self.subTest(values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.sharing.write(values)


@tagged('post_install', '-at_install')
class TestWechatSharingPages(WechatSharingCase, HttpCase):
    """What the distributor sees, and who may do what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, 'mei', groups='base.group_portal', name="Mei")
        cls.user.partner_id = cls.seller.partner_id

    def _open(self, url, **kwargs):
        self.env.flush_all()
        self.authenticate('mei', 'mei')
        return self.url_open(url, **kwargs)

    def test_the_distributor_chooses_it_and_has_nothing_to_confirm(self):
        url, choice = '/my/distribution/withdrawals/new', f'channel-{self.sharing.id}'
        self.assertNotIn(choice, self._open(url).text)
        self._earned()
        self.assertIn(choice, self._open(url).text)
        values = {'amount': '40', 'payee': choice, 'csrf_token': Request.csrf_token(self)}
        page = self.url_open(url, data=values).text
        self.assertIn("there is nothing to confirm", page)
        self.assertNotIn("instead of money", page)
        self.assertNotIn("confirm it there within a day", page)
        self.url_open(url, data={**values, 'fee': '0.0'})
        self.env.invalidate_all()
        withdrawal = self.env['distribution.withdrawal'].search([('channel_id', '=', self.sharing.id)])
        self.assertRecordValues(withdrawal, [{'amount': 40.0, 'state': 'requested', 'is_channel_chosen': True}])
        too_much = self.url_open(url, data={**values, 'amount': '200', 'fee': '0.0'})
        self.assertIn("can be shared now", too_much.text)
        withdrawal.action_approve()
        self._run()
        self.assertEqual(withdrawal.state, 'paid')
        self.assertNotIn("Receive in WeChat", self._open(f'/my/distribution/withdrawals/{withdrawal.id}').text)

    def test_officers_look_and_finance_acts_in_its_own_company(self):
        frozen = self._earned()
        share = self._share().wechat_share_ids
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        finance = new_test_user(self.env, 'finance', groups='distribution_commission.group_distribution_finance')
        other = self.env['res.company'].create({'name': "Other"})
        stranger = new_test_user(
            self.env, 'stranger', groups='distribution_commission.group_distribution_finance', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        records = frozen, share, share.receiver_id
        for record in records:
            with self.subTest(record._name):
                self.assertTrue(record.with_user(officer).read(['company_id']))
                for user in (officer, stranger, self.user):
                    with self.assertRaises(AccessError):
                        record.with_user(user).write({'company_id': self.company.id})
                for user in (stranger, self.user):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(['company_id'])
                with self.assertRaises(AccessError):
                    record.with_user(finance).unlink()
        with self.assertRaises(AccessError):
            frozen.with_user(officer).action_unfreeze()
        with self.assertRaisesRegex(UserError, "by its buttons only"):
            frozen.with_user(finance).write({'state': 'unfrozen'})
        frozen.with_user(finance).action_unfreeze()
        self._unfreeze()
        self.assertEqual((frozen.state, self.sharing._wechat_get_amount(self.seller)), ('unfrozen', 0.0))
