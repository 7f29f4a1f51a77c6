from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestSecurity(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.upline = cls._create_distributor("Upline")
        cls.own = cls._create_distributor("Own", parent_id=cls.upline.id)
        cls.downline = cls._create_distributor("Downline", parent_id=cls.own.id)
        cls.other_company = cls.env['res.company'].create({'name': "Other"})
        cls.env.user.company_ids |= cls.other_company
        cls.foreign = cls._create_distributor("Foreign", company_id=cls.other_company.id)
        cls.users = {
            'portal': new_test_user(cls.env, 'seller', groups='base.group_portal'),
            'employee': new_test_user(cls.env, 'employee', groups='base.group_user'),
            'officer': new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user'),
            'manager': new_test_user(cls.env, 'manager', groups='distribution_core.group_distribution_manager'),
            'public': cls.env.ref('base.public_user'),
        }
        cls.users['portal'].partner_id = cls.own.partner_id

    def test_who_may_do_what_with_which_distributor(self):
        everybody = ('own', 'upline', 'downline', 'foreign')
        company = ('own', 'upline', 'downline')
        for role, operation, allowed in [
            ('portal', 'read', ('own',)), ('portal', 'write', ()), ('portal', 'create', ()), ('portal', 'unlink', ()),
            ('employee', 'read', ()), ('employee', 'write', ()),
            ('public', 'read', ()), ('public', 'write', ()),
            ('officer', 'read', company), ('officer', 'write', company), ('officer', 'unlink', ()),
            ('manager', 'read', company), ('manager', 'write', company), ('manager', 'unlink', company),
        ]:
            for name in everybody:
                with self.subTest(role=role, operation=operation, record=name):
                    record = getattr(self, name).with_user(self.users[role])
                    self.assertEqual(record.has_access(operation), name in allowed)

    def test_a_distributor_reads_neither_touches_nor_attributions_nor_the_policy(self):
        for model in ('distribution.touch', 'distribution.attribution', 'distribution.attribution.tier',
                      'distribution.policy'):
            for role in ('portal', 'public', 'employee'):
                with self.subTest(model=model, role=role):
                    self.assertFalse(self.env[model].with_user(self.users[role]).has_access('read'))

    def test_a_distributor_cannot_read_its_upline_or_its_team(self):
        for field in ('parent_id', 'child_ids', 'parent_path', 'downline_count'):
            with self.subTest(field), self.assertRaises(AccessError):
                self.own.with_user(self.users['portal']).read([field])

    def test_only_a_manager_changes_policy_and_levels(self):
        level = self.env['distribution.level'].create({'name': "Gold"})
        for role, allowed in [('officer', False), ('manager', True)]:
            with self.subTest(role):
                self.assertEqual(level.with_user(self.users[role]).has_access('write'), allowed)
                self.assertEqual(self.policy.with_user(self.users[role]).has_access('write'), allowed)
