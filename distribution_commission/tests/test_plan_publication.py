import json
from datetime import timedelta

from psycopg2 import errors

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.compliance import PLAN_RULES

from .common import DistributionCommon


def nested_lists(value):
    """Return all lists of numbers somewhere in a value."""
    if not isinstance(value, list):
        return []
    return [value] + [found for item in value for found in nested_lists(item)]


@tagged('post_install', '-at_install')
class TestPlanPublication(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({'notice_days': 7, 'plan_second_person': True})
        cls.plan.action_new_version()
        cls.draft = cls.plan._get_latest_version()
        cls.draft.rule_ids[0].rate = 12.0
        cls.second = new_test_user(
            cls.env, 'second', groups='distribution_core.group_distribution_manager,base.group_user',
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])
        cls.now = fields.Datetime.now().replace(microsecond=0)

    # === BUILDERS === #

    def _approve(self):
        self.draft.action_submit()
        self.draft.with_user(self.second).action_approve()
        self.env.invalidate_all()

    def _get_pinned(self, moment):
        """Return the version that an order confirmed at a moment keeps."""
        with self._at(moment):
            order = self._create_order()
        return self.env['distribution.attribution'].search([('order_id', '=', order.id)]).plan_version_id

    # === SECOND PERSON === #

    def test_nobody_approves_what_he_or_she_wrote_or_submitted(self):
        with self.assertRaisesRegex(UserError, "somebody else has to approve"), self.env.cr.savepoint():
            self.draft.action_activate()
        self.draft.action_submit()
        for case, version in [("author", self.draft), ("as superuser", self.draft.sudo())]:
            with self.subTest(case), self.assertRaisesRegex(UserError, "somebody else"), self.env.cr.savepoint():
                version.action_approve()
        self.env.invalidate_all()
        self.assertRecordValues(self.draft, [{'state': 'submitted', 'approved_by_id': False, 'dossier_id': False}])

    def test_who_changed_a_single_rule_is_an_author_too(self):
        self.draft.rule_ids[1].with_user(self.second).rate = 4.0
        self.draft.action_submit()
        with self.assertRaisesRegex(UserError, "somebody else"):
            self.draft.with_user(self.second).action_approve()

    def test_a_company_with_one_administrator_says_so_in_its_policy(self):
        self.policy.plan_second_person = False
        self.draft.action_activate()
        self.assertEqual(self.draft.state, 'approved')
        self.assertEqual(self.draft._get_dossier()['policy']['bounds']['plan_second_person'], "no")

    def test_a_submitted_version_cannot_be_changed_until_it_is_taken_back(self):
        self.draft.action_submit()
        with self.assertRaisesRegex(UserError, "waits for its approval"), self.env.cr.savepoint():
            self.draft.rule_ids[0].rate = 13.0
        self.draft.action_withdraw()
        self.draft.rule_ids[0].rate = 13.0
        self.assertRecordValues(self.draft, [{'state': 'draft', 'submitted_by_id': False}])

    # === NOTICE === #

    def test_a_version_that_follows_begins_after_the_notice_to_the_second(self):
        with self._at(self.now):
            self._approve()
        begin = self.now + timedelta(days=7)
        self.assertRecordValues(self.draft, [{
            'state': 'approved', 'published_at': self.now, 'effective_from': begin, 'approved_by_id': self.second.id}])
        self.assertEqual(self._get_pinned(begin - timedelta(seconds=1)), self.version)
        self.assertEqual(self._get_pinned(begin), self.draft, "no job has to run before")
        with self._at(begin):
            self.env['distribution.plan.version']._cron_begin()
        self.assertRecordValues(self.version | self.draft, [
            {'state': 'retired', 'activated_at': self.version.activated_at, 'retired_at': begin},
            {'state': 'active', 'activated_at': begin, 'retired_at': False},
        ])

    def test_less_notice_and_the_past_are_refused(self):
        for case, begin, message in [
            ("a day short", self.now + timedelta(days=6), "told 6 days before; the policy asks for 7"),
            ("a second short", self.now + timedelta(days=7, seconds=-1), "told 6 days"),
            ("at once", self.now, "told 0 days"),
        ]:
            with self.subTest(case), self._at(self.now):
                savepoint = self.env.cr.savepoint()
                self.draft.effective_from = begin
                with self.assertRaisesRegex(ValidationError, message):
                    self.draft.action_submit()
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self.assertEqual(self.draft.state, 'draft')

    def test_the_gate_cannot_be_walked_around(self):
        self.draft.effective_from = self.now + timedelta(days=1)
        for vals in ({'state': 'approved'}, {'published_at': self.now - timedelta(days=9)}, {'author_id': False}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "by its buttons only"):
                self.draft.write(vals)
        with self.assertRaisesRegex(ValidationError, "told 1 days"), self.env.cr.savepoint():
            self.draft.sudo().write({'state': 'approved', 'published_at': self.now})
        self.draft.cap_rate = 30.01
        with self.assertRaisesRegex(ValidationError, "its cap is 30.01 %"), self.env.cr.savepoint():
            self.version.sudo().state = 'retired'
            self.env.flush_all()
            self.draft.sudo().state = 'active'
        self.env.invalidate_all()
        with self.assertRaises(errors.CheckViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE distribution_plan_version SET published_at = effective_from + interval '1 day'"
                " WHERE effective_from IS NOT NULL")

    def test_the_begin_of_a_scheduled_version_is_not_moved(self):
        with self._at(self.now):
            self._approve()
        with self.assertRaisesRegex(UserError, "was published"), self.env.cr.savepoint():
            self.draft.sudo().effective_from = self.now + timedelta(hours=1)
        with self.assertRaisesRegex(UserError, "was published"), self.env.cr.savepoint():
            self.version.sudo().write({'state': 'active', 'cap_rate': 20})
        self.env.invalidate_all()
        self.assertEqual(self.draft.effective_from, self.now + timedelta(days=7))

    def test_a_scheduled_version_can_be_taken_back_and_one_that_began_cannot(self):
        with self._at(self.now):
            self._approve()
        with self._at(self.now + timedelta(days=7)), self.assertRaisesRegex(UserError, "has not begun"):
            self.draft.action_withdraw()
        with self._at(self.now + timedelta(days=6)):
            self.draft.action_withdraw()
        self.assertRecordValues(self.draft, [{'state': 'draft', 'effective_from': False, 'dossier_id': False}])
        self.assertEqual(self._get_pinned(self.now + timedelta(days=8)), self.version)

    # === LAW === #

    def test_no_field_lets_a_plan_or_a_level_depend_on_people_fees_or_own_purchases(self):
        forbidden = (
            'child', 'downline', 'headcount', 'head_count', 'recruit', 'invit', 'team', 'group_sales', 'fee',
            'deposit', 'stock', 'package', 'purchase', 'share', 'click', 'quota',
        )
        for model in ('distribution.plan', 'distribution.plan.version', 'distribution.plan.rule', 'distribution.level'):
            own = {
                name for name, field in self.env[model]._fields.items()
                if (field._module or '').startswith('distribution_')}
            with self.subTest(model):
                self.assertTrue(own)
                self.assertEqual([name for name in sorted(own) if any(word in name for word in forbidden)], [])

    def test_texts_that_promise_income_are_refused(self):
        for case, values, claim in [
            ("name", {'name': "躺赚计划"}, "躺赚"),
            ("description", {'description': "Earn a passive income"}, "passive income"),
        ]:
            with self.subTest(case), self.assertRaisesRegex(ValidationError, claim), self.env.cr.savepoint():
                self.plan.sudo().write(values)
        self.assertEqual(self.plan.name, "Standard")

    def test_the_differences_from_the_version_before_are_shown(self):
        self.draft.cap_rate = 25.0
        self.assertEqual(self.draft.changes.splitlines(), [
            "− Tier 1: 10 %", "+ Tier 1: 12 %", "Cap: 30 % → 25 %"])
        self.assertFalse(self.version.changes)

    # === DOSSIER === #

    def test_scopes_and_limits_are_in_the_differences_and_in_the_dossier(self):
        categories = self.env['product.category'].create([{'name': "Tea"}, {'name': "Cups"}])
        self.draft.rule_ids[0].categ_id = categories[0]
        self.draft.rule_ids[1].distributor_ids = self.seller
        self.assertEqual(self.draft.rule_ids[1]._get_words(), "Tier 2: 5 % · chosen distributors")
        self.draft.write({'min_order_amount': 50.0, 'guards_margin': True})
        self.assertIn("Guard the Margin: no → yes", self.draft.changes.splitlines())
        self._approve()
        dossier = self.draft._get_dossier()
        self.assertEqual(dossier['rules'][0]['words'], "Tier 1: 12 % · Tea")
        self.assertEqual(self.draft.with_context(bin_size=True).dossier_state, 'intact')     # as a form reads it
        self.assertEqual((dossier['limits']['min_order'], dossier['limits']['guards_margin']), (5000, True))
        self.assertIn([categories[0].id], nested_lists(dossier['rules'][0]['engine']))

    def test_the_dossier_is_frozen_and_the_database_keeps_it(self):
        with self._at(self.now):
            self._approve()
        dossier = self.draft._get_dossier()
        self.assertEqual(
            {check['rule']: check['holds'] for check in dossier['checks']}, dict.fromkeys(PLAN_RULES, True))
        self.assertEqual([rule['words'] for rule in dossier['rules']], ["Tier 1: 12 %", "Tier 2: 5 %"])
        self.assertEqual(dossier['approved_by'], self.second.name)
        self.assertEqual([signoff['rule'] for signoff in dossier['signoffs']], ['R02'])
        self.assertEqual(self.draft.dossier_state, 'intact')
        with mute_logger('odoo.sql_db'), self.assertRaises(errors.RestrictViolation), self.env.cr.savepoint():
            self.draft.dossier_id.sudo().unlink()
        self.env.invalidate_all()
        self.draft.sudo().dossier_id.raw = json.dumps({**dossier, 'approved_by': "Nobody"}).encode()
        self.draft.invalidate_recordset()
        self.assertEqual(self.draft.dossier_state, 'changed')

    def test_the_dossier_on_paper_says_what_the_file_says(self):
        with self._at(self.now):
            self._approve()
        html = self.env['ir.actions.report']._render_qweb_html(
            'distribution_commission.distribution_plan_dossier', self.draft.ids)[0].decode()
        for text in ("Tier 1: 12 %", self.second.name, self.draft.dossier_sha256, "R22"):
            self.assertIn(text, html)

    # === SCENARIOS === #

    def test_a_scenario_that_does_not_come_true_blocks_with_the_difference(self):
        scenario = self.env['distribution.plan.scenario'].create({
            'name': "Two pots",
            'version_id': self.draft.id,
            'line_ids': [
                Command.create({'product_id': self.product.id, 'quantity': 2, 'price_unit': 100}),
                Command.create({'product_id': self.product.id, 'quantity': 1, 'price_unit': -50}),
            ],
            'payee_ids': [
                Command.create({'tier': 1, 'expected_amount': 15}),
                Command.create({'tier': 2, 'expected_amount': 7.5}),
            ],
        })
        self.assertEqual(scenario.difference, "Tier 1 earns $\xa018.00 instead of $\xa015.00")
        with self.assertRaisesRegex(ValidationError, "“Two pots” does not come true: Tier 1 earns"), \
                self.env.cr.savepoint():
            self.draft.action_submit()
        scenario.payee_ids[0].expected_amount = 18
        self._approve()
        self.assertEqual(self.draft.state, 'approved')
        self.assertEqual(self.draft._get_dossier()['scenarios'], [{
            'name': "Two pots", 'passes': True, 'tiers': [
                {'tier': 1, 'expected': 1800, 'found': 1800}, {'tier': 2, 'expected': 750, 'found': 750}]}])
        for record in (scenario, scenario.line_ids[0], scenario.payee_ids[0]):
            with self.subTest(record._name), self.assertRaises(UserError), self.env.cr.savepoint():
                record.unlink()
