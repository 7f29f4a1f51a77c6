from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon

COLUMNS = ['code', 'partner_id', 'parent_id', 'level_id']


@tagged('post_install', '-at_install')
class TestImport(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Distributor = cls.env['distribution.distributor']
        cls.gold = cls.env['distribution.level'].create({'name': "Gold of the import"})
        cls.env['res.partner'].create([{'name': f"Import {number}"} for number in range(1, 7)])

    def _load(self, rows, columns=COLUMNS):
        return self.Distributor.load(columns, rows)

    def _find(self, *codes):
        found = self.Distributor.search([('code', 'in', codes)])
        return self.Distributor.union(*(found.filtered(lambda one, code=code: one.code == code) for code in codes))

    def test_a_network_is_imported_in_any_order(self):
        top = self._create_distributor("Top", code='TOPTOP')
        result = self._load([
            ['CCCC', "Import 3", 'BBBB', "Gold of the import"],
            ['BBBB', "Import 2", 'aaaa ', ''],
            ['DDDD', "Import 4", '', ''],
            ['AAAA', "Import 1", 'toptop', ''],
            ['EEEE', "Import 5", 'BBBB', ''],
        ])
        self.assertEqual(result['messages'], [])
        a, b, c, d, e = self._find('AAAA', 'BBBB', 'CCCC', 'DDDD', 'EEEE')
        self.assertEqual(result['ids'], (c | b | d | a | e).ids)
        self.assertRecordValues(a | b | c | d | e, [
            {'parent_id': top.id, 'level_id': False, 'state': 'draft'},
            {'parent_id': a.id, 'level_id': False, 'state': 'draft'},
            {'parent_id': b.id, 'level_id': self.gold.id, 'state': 'draft'},
            {'parent_id': False, 'level_id': False, 'state': 'draft'},
            {'parent_id': b.id, 'level_id': False, 'state': 'draft'},
        ])
        self.assertEqual(c.parent_path, f'{top.id}/{a.id}/{b.id}/{c.id}/')
        self.assertEqual(c.upline_ids.parent_id, b)
        (a | b | c | d | e).action_approve()
        self.assertEqual(set((a | b | c | d | e).mapped('state')), {'active'})

    def test_uplines_are_found_by_external_and_database_ids_too(self):
        top = self._create_distributor("Top", code='TOPTOP')
        result = self._load([
            ['d_two', 'BBBB', "Import 2", 'd_one'], ['d_one', 'AAAA', "Import 1", ''],
        ], ['id', 'code', 'partner_id', 'parent_id/id'])
        self.assertEqual(result['messages'], [])
        self.assertEqual(self._find('BBBB').parent_id, self._find('AAAA'))
        result = self._load([['CCCC', "Import 3", str(top.id)]], ['code', 'partner_id', 'parent_id/.id'])
        self.assertEqual(result['messages'], [])
        self.assertEqual(self._find('CCCC').parent_id, top)

    def test_what_is_wrong_is_said_and_nothing_is_imported(self):
        before = self.Distributor.search_count([])
        for rows, columns, record, message in [
            ([['DDDD', "Import 4", '', ''], ['AAAA', "Import 1", 'BBBB', ''], ['BBBB', "Import 2", 'AAAA', '']], COLUMNS,
             1, "These rows stand above each other in a circle: AAAA, BBBB"),
            ([['AAAA', "Import 1", 'AAAA', '']], COLUMNS, 0, "These rows stand above each other in a circle: AAAA"),
            ([['BBBB', "Import 2", 'AAAA', ''], ['AAAA', "Import 1", '', ''], ['CCCC', "Import 3", 'NOBODY', '']], COLUMNS,
             2, "No matching record found for name 'NOBODY'"),
            ([['A', "Import 1", '', '']], COLUMNS, 0, "does not fit"),
            ([['AAAA', "Import 1", 'active']], ['code', 'partner_id', 'state'], 0, "The state cannot be imported"),
        ]:
            with self.subTest(message), mute_logger('odoo.sql_db'):
                result = self._load(rows, columns)
                self.assertFalse(result['ids'])
                self.assertIn(message, result['messages'][0]['message'])
                self.assertEqual(result['messages'][0]['record'], record)
                self.assertEqual(self.Distributor.search_count([]), before)

    def test_an_update_that_closes_a_loop_is_refused(self):
        top = self._create_distributor("Top", code='TOPTOP')
        bottom = self._create_distributor("Bottom", code='BOTTOM', parent_id=top.id)
        result = self._load([[str(top.id), 'BOTTOM']], ['.id', 'parent_id'])
        self.assertFalse(result['ids'])
        self.assertTrue(result['messages'])
        self.assertFalse(top.parent_id)
        self.assertEqual(bottom.parent_id, top)

    def test_the_whole_file_is_imported_at_once_whatever_the_limit(self):
        result = self.env['distribution.distributor'].with_context(_import_limit=1).load(
            COLUMNS, [['BBBB', "Import 2", 'AAAA', ''], ['AAAA', "Import 1", '', '']])
        self.assertEqual((len(result['ids']), result['nextrow']), (2, 0))

    def test_an_officer_imports(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        result = self.Distributor.with_user(officer).load(
            COLUMNS, [['BBBB', "Import 2", 'AAAA', ''], ['AAAA', "Import 1", '', '']])
        self.assertEqual(result['messages'], [])

    def test_an_import_deeper_than_the_policy_is_refused(self):
        self.policy.max_network_depth = 3
        rows = [['CCCC', "Import 3", 'BBBB', ''], ['BBBB', "Import 2", 'AAAA', ''], ['AAAA', "Import 1", '', '']]
        result = self._load(rows)
        self.assertFalse(result['ids'])
        self.assertIn("would be 4 levels deep", result['messages'][0]['message'])
        self.assertFalse(self._find('AAAA', 'BBBB', 'CCCC'))
        self.assertEqual(len(self._load(rows[1:])['ids']), 2)


@tagged('post_install', '-at_install')
class TestNetworkDepth(DistributionCoreCommon):

    def test_the_company_is_level_one(self):
        for bound, allowed in [(0, 4), (2, 1), (3, 2), (4, 3)]:
            with self.subTest(bound=bound), self.env.cr.savepoint() as savepoint:
                self.policy.max_network_depth = bound
                upline = self.env['distribution.distributor']
                for position in range(1, 5):
                    if position > allowed:
                        with self.assertRaisesRegex(ValidationError, f"would be {position + 1} levels deep"):
                            self._create_distributor("Too deep", parent_id=upline.id)
                        break
                    upline = self._create_distributor(f"Level {position}", parent_id=upline.id)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_moves_takes_the_depth_of_its_team_along(self):
        top, head = self._create_distributor("Top"), self._create_distributor("Head")
        middle = self._create_distributor("Middle", parent_id=head.id)
        self._create_distributor("Bottom", parent_id=middle.id)
        self.policy.max_network_depth = 4
        with self.assertRaisesRegex(ValidationError, "would be 5 levels deep"), self.env.cr.savepoint():
            head._set_upline(top, "Too deep")
        self.env.invalidate_all()
        self.assertFalse(head.parent_id)
        self.policy.max_network_depth = 5
        head._set_upline(top, "Deep enough")
        self.assertEqual(head.parent_id, top)

    def test_a_move_costs_one_statement_more_however_large_the_team(self):
        self.policy.max_network_depth = 10
        counts = []
        for size in (1, 30):
            head = self._create_distributor("Head")
            for position in range(size):
                self._create_distributor(f"{size} {position}", parent_id=head.id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(head._get_network_depth(), 3)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts, [1, 1])

    def test_other_companies_have_their_own_bound(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.policy.max_network_depth = 2
        top = self._create_distributor("Top", company_id=other.id)
        self.assertTrue(self._create_distributor("Bottom", company_id=other.id, parent_id=top.id))

    @mute_logger('odoo.sql_db')
    def test_a_bound_leaves_room_for_distributors(self):
        for bound in (-1, 1):
            with self.subTest(bound), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.policy.max_network_depth = bound
