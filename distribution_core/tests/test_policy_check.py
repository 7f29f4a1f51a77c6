import random
from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..compliance import measure
from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestPolicyCheck(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env['res.company'].create({'name': "Organiser"})
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(context={**cls.env.context, 'allowed_company_ids': cls.company.ids})
        cls.company = cls.company.with_env(cls.env)
        cls.policy = cls.env['distribution.policy']._get_in_force(cls.company)
        cls.runs = cls.env['distribution.policy.check.run']
        cls.network = cls.env['distribution.network'].sudo()

    @classmethod
    def _create_network(cls, count, company=None, active=True, **values):
        """Create many distributors at once."""
        company = company or cls.company
        partners = cls.env['res.partner'].create([{'name': f"P{number}"} for number in range(count)])
        distributors = cls.env['distribution.distributor'].sudo().create([
            {'partner_id': partner.id, 'company_id': company.id, **values} for partner in partners])
        if active:
            distributors._set_active()
        return distributors

    def _get_figures(self, company=None):
        return self.network._get_network_figures(company or self.company)

    def _get_check(self, rule, company=None):
        """Return the state and the evidence of a rule."""
        run_sudo = self.runs.sudo()._run(company or self.company, force=True)
        check_sudo = run_sudo.check_ids.filtered(lambda check: check.rule == rule)
        return check_sudo.state, check_sudo.evidence

    # === FIGURES === #

    def test_a_company_alone_is_one_participant_on_one_level(self):
        self.assertEqual(self._get_figures(), (1, 1, ((1, 1),), ()))
        self.assertEqual(self._get_check('R13'), ('green', {'participants': 1, 'depth': 1}))

    def test_leavers_count_and_those_who_never_were_active_do_not(self):
        self._create_network(3)
        leavers = self._create_network(2)
        leavers._set_closed("Left")
        self._create_network(4, active=False)
        self.assertEqual(self._get_figures()[:3], (6, 2, ((1, 1), (2, 5))))
        self.assertEqual(self._get_check('R14'), ('green', {'companies': 1, 'closed': 2}))

    def test_who_stands_above_somebody_counts_without_ever_being_active(self):
        recruiter = self._create_network(1, active=False)
        self._create_network(1, parent_id=recruiter.id)
        self.assertEqual(self._get_figures()[:2], (3, 3))

    def test_companies_of_one_organiser_are_added_and_others_are_not(self):
        branch = self.env['res.company'].sudo().create({'name': "Branch", 'parent_id': self.company.id})
        stranger = self.env['res.company'].sudo().create({'name': "Stranger"})
        self._create_network(2)
        self._create_network(3, company=branch)
        self._create_network(5, company=stranger)
        for company, participants in [(self.company, 6), (branch, 6), (stranger, 6)]:
            with self.subTest(company.name):
                self.assertEqual(self._get_figures(company).participants, participants)
        branch.active = False
        self.assertEqual(self._get_figures().participants, 6)
        self.assertEqual(self._get_check('R14'), ('green', {'companies': 2, 'closed': 0}))
        self.assertEqual(self._get_figures(stranger).by_depth, ((1, 1), (2, 5)))

    def test_sql_and_the_pure_function_agree_on_random_networks_with_loops_too(self):
        chance = random.Random(7)
        distributors = self._create_network(25)
        self.env.flush_all()
        for number in range(20):
            links = {
                id_: chance.choice([None, *distributors.ids[:12 if number % 2 else position]])
                for position, id_ in enumerate(distributors.ids)
            }
            for id_, parent_id in links.items():
                self.env.cr.execute(
                    "UPDATE distribution_distributor SET parent_id = %s WHERE id = %s", (parent_id, id_))
            with self.subTest(links=links):
                self.assertEqual(self._get_figures(), measure(links))

    def test_the_hash_changes_with_a_relation_and_only_then(self):
        above, below = self._create_network(2)
        before = self.network._get_edges_hash(self.company)
        below.alias = "Tea"
        self.assertEqual(self.network._get_edges_hash(self.company), before)
        below.parent_id = above
        self.assertNotEqual(self.network._get_edges_hash(self.company), before)

    # === RULES === #

    def test_the_alarm_needs_30_participants_and_3_levels(self):
        distributors = self._create_network(28)
        for people, depth, state in [(29, 2, 'green'), (29, 3, 'green'), (30, 2, 'green'), (30, 3, 'red')]:
            with self.subTest(people=people, depth=depth):
                if people == 30 and len(distributors) == 28:
                    distributors |= self._create_network(1)
                distributors[1].parent_id = distributors[0] if depth == 3 else False
                self.assertEqual(self._get_check('R13'), (state, {'participants': people, 'depth': depth}))

    def test_a_loop_made_past_the_orm_is_found(self):
        a, b, below = self._create_network(3)
        b.parent_id = a
        below.parent_id = b
        self.assertEqual(self._get_check('R25'), ('green', {'distributors': 0}))
        self.env.flush_all()
        self.env.cr.execute("UPDATE distribution_distributor SET parent_id = %s WHERE id = %s", (b.id, a.id))
        self.assertEqual(self._get_figures(), (None, None, (), tuple(sorted((a | b).ids))))
        self.assertEqual(
            self._get_check('R25'), ('red', {'distributors': 2, 'codes': sorted((a | b).mapped('code'))}))
        self.assertEqual(self._get_check('R13'), ('unknown', {'loops': 2}))

    def test_most_buyers_are_no_participants(self):
        self.assertEqual(self._get_check('R15')[0], 'not_applicable')
        seller, buyer_and_seller = self._create_network(2)
        partners = self.env['res.partner'].create([{'name': f"B{number}"} for number in range(2)])
        for partner in [buyer_and_seller.partner_id, *partners]:
            order = self._create_order(partner_id=partner.id, distributor_id=seller.id, company_id=self.company.id)
            order.action_confirm()
        self.assertEqual(self._get_check('R15'), ('red', {'buyers': 3, 'outside_percent': 66}))
        another = self.env['res.partner'].create({'name': "B3"})
        self._create_order(partner_id=another.id, distributor_id=seller.id).action_confirm()
        self.assertEqual(self._get_check('R15'), ('green', {'buyers': 4, 'outside_percent': 75}))

    def test_age_and_identity_are_unknown_until_an_identity_is_verified(self):
        self.assertEqual(self._get_check('R17'), ('not_applicable', {'distributors': 0}))
        network = self._create_network(2)
        codes = sorted(network.mapped('code'))
        self.assertEqual(self._get_check('R17'), ('unknown', {'distributors': 2, 'codes': codes}))

    def test_employees_and_internal_users_are_found_among_distributors(self):
        self._create_network(2)
        self.assertEqual(self._get_check('R18'), ('green', {'distributors': 0}))
        employee = self._create_network(1, kind='employee')
        user = new_test_user(self.env, 'inside', company_id=self.company.id, company_ids=[(6, 0, self.company.ids)])
        insider = self._create_distributor("Insider", partner_id=user.partner_id.id)
        self.assertEqual(self._get_check('R18'), (
            'red', {'distributors': 2, 'codes': sorted((employee | insider).mapped('code'))}))
        (employee | insider)._set_closed("Payroll")
        self.assertEqual(self._get_check('R18'), ('green', {'distributors': 0}))

    def test_nobody_earns_on_purchases_of_their_own_organisation(self):
        seller = self._create_network(1)
        order = self._create_order(distributor_id=seller.id)
        order.action_confirm()
        self.assertEqual(self._get_check('R19'), ('green', {'orders': 0}))
        seller.partner_id.parent_id = self.env['res.partner'].create({'name': "Buyer Ltd", 'is_company': True})
        order.partner_id.parent_id = seller.partner_id.parent_id
        self.assertEqual(self._get_check('R19'), ('red', {'orders': 1}))

    def test_what_is_not_built_is_not_said_to_be_fulfilled(self):
        states = {check.rule: check.state for check in self.runs.sudo()._run(self.company).check_ids}
        self.assertEqual({rule: states[rule] for rule in ('R21', 'R26', 'R27')}, {
            'R21': 'not_applicable', 'R26': 'green', 'R27': 'not_applicable'})

    # === RUNS === #

    def test_a_run_is_recorded_when_something_changed_or_a_month_began(self):
        for moment, change, recorded in [
            ("2026-03-10", None, True), ("2026-03-11", None, False), ("2026-03-12", self._create_network, True),
            ("2026-03-31", None, False), ("2026-04-01", None, True), ("2026-04-02", None, False),
        ]:
            with self.subTest(moment), freeze_time(datetime.fromisoformat(moment)):
                if change:
                    change(1)
                self.assertEqual(bool(self.runs._run(self.company)), recorded)

    def test_the_alarm_is_raised_once_for_each_threshold(self):
        distributors = self._create_network(28)
        distributors[1].parent_id = distributors[0]
        groups = 'distribution_core.group_distribution_manager'
        managers = [
            new_test_user(self.env, login, groups=groups, company_id=company.id, company_ids=[(6, 0, company.ids)])
            for login, company in [('a', self.company), ('b', self.company), ('c', self.env.ref('base.main_company'))]
        ]
        tasks = 0
        for add, level, raises in [
            (0, 0, False), (1, 1, True), (0, 1, False), (3, 1, False), (86, 1, False), (1, 2, True), (1, 2, False),
        ]:
            distributors |= self._create_network(add)
            run = self.runs._run(self.company, force=True)
            tasks += raises * 2
            with self.subTest(participants=run.participants):
                self.assertEqual(run.alarm_level, level)
                self.assertEqual(len(self.policy.activity_ids), tasks)
        self.assertEqual(run.participants, 121)
        self.assertEqual(self.policy.activity_ids.user_id, managers[0] | managers[1])

    def test_a_loop_does_not_hide_an_alarm_that_was_raised(self):
        above, *below = self._create_network(29)
        below[0].parent_id = above
        self.assertEqual(self.runs._run(self.company).alarm_level, 1)
        tasks = len(self.policy.activity_ids)
        for parent, level in [(below[0].id, 1), (None, 1)]:
            self.env.flush_all()
            self.env.cr.execute("UPDATE distribution_distributor SET parent_id = %s WHERE id = %s", (parent, above.id))
            self.assertEqual(self.runs._run(self.company).alarm_level, level)
        self.assertEqual(len(self.policy.activity_ids), tasks)

    def test_the_alarm_judges_nobody(self):
        above = self._create_network(1)
        self._create_network(28, parent_id=above.id)
        run = self.runs._run(self.company)
        self.assertIn("threshold used by police for opening cases (30 people, 3 levels incl. organiser)", run.banner)
        self.assertNotIn("illegal", run.banner)
        self.assertEqual(self.policy.banner, run.banner)
        self._create_network(90)
        self.assertIn("(120 people, 3 levels", self.runs._run(self.company).banner)

    def test_below_the_thresholds_there_is_no_banner_and_no_task(self):
        self.assertFalse(self.runs._run(self.company).banner)
        self.assertFalse(self.policy.banner)
        self.assertFalse(self.policy.activity_ids)

    def test_the_nightly_job_checks_each_company_that_has_distributors(self):
        self._create_network(2)
        with self.enter_registry_test_mode():
            self.env.ref('distribution_core.ir_cron_compliance_check').method_direct_trigger()
        self.assertRecordValues(self.runs.search([('company_id', '=', self.company.id)]), [{
            'participants': 3, 'depth': 2, 'by_depth': [[1, 1], [2, 2]], 'policy_id': self.policy.id, 'red_count': 0}])

    def test_the_dashboard_shows_the_last_run_of_each_company(self):
        self.runs._run(self.company, force=True)
        last = self.runs._run(self.company, force=True)
        checks = self.env['distribution.policy.check']
        current = checks.search([('is_current', '=', True), ('company_id', '=', self.company.id)])
        self.assertEqual(current.run_id, last)
        self.assertTrue(all(current.mapped('is_current')))
        self.assertFalse(current & checks.search([('is_current', '=', False)]))

    def test_evidence_can_be_read(self):
        self._create_network(1, kind='employee', code='STAFF')
        check = self.runs._run(self.company).check_ids.filtered(lambda check: check.rule == 'R18')
        self.assertRecordValues(check, [{
            'title': "Own employees are no distributors", 'evidence_text': "Distributors: 1\nCodes: STAFF"}])

    # === RIGHTS === #

    def test_a_run_is_never_changed_or_deleted(self):
        run_sudo = self.runs._run(self.company).sudo()
        for record in (run_sudo, run_sudo.check_ids):
            with self.assertRaisesRegex(UserError, "never changed"):
                record.write({})
            with self.assertRaisesRegex(UserError, "never deleted"):
                record.unlink()

    def test_no_group_deletes_what_the_law_keeps(self):
        """R28, as a test and not as a check: it is a matter of code, the same in every database."""
        for model in (
            'distribution.attribution', 'distribution.attribution.tier', 'distribution.upline', 'distribution.policy',
            'distribution.policy.signoff', 'distribution.policy.check', 'distribution.policy.check.run',
            'distribution.export.log',
        ):
            with self.subTest(model):
                rights_sudo = self.env['ir.model.access'].sudo().search([('model_id.model', '=', model)])
                self.assertTrue(rights_sudo)
                self.assertFalse(rights_sudo.filtered('perm_unlink'))

    def test_officers_read_checks_of_their_companies_and_nobody_writes_them(self):
        officer, stranger, employee = (
            new_test_user(self.env, login, groups=group, company_id=company.id, company_ids=[(6, 0, company.ids)])
            for login, group, company in [
                ('o', 'distribution_core.group_distribution_user', self.company),
                ('s', 'distribution_core.group_distribution_manager', self.env['res.company'].create({'name': "S"})),
                ('e', 'base.group_user', self.company),
            ])
        run = self.runs._run(self.company)
        for user, operation, allowed in [
            (officer, 'read', True), (officer, 'write', False), (officer, 'create', False), (officer, 'unlink', False),
            (stranger, 'read', False), (employee, 'read', False),
        ]:
            for record in (run, run.check_ids):
                with self.subTest(user=user.login, operation=operation, model=record._name):
                    record = record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
                    self.assertEqual(record.has_access(operation), allowed)
        with self.assertRaises(AccessError):
            self.policy.with_user(officer).action_check()
