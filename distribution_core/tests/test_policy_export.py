import base64
import hashlib
import io
import json
import zipfile

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestPolicyExport(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-01 08:00:00"):
            cls.upline = cls._create_distributor("Upline", code='UPLINE')
            cls.seller = cls._create_distributor("Seller", code='SELLER', parent_id=cls.upline.id)
        cls.orders = cls.env['sale.order']
        for moment in ("2026-03-31 23:59:59", "2026-04-01 00:00:00", "2026-04-30 23:59:59", "2026-05-01 00:00:00"):
            with freeze_time(moment):
                order = cls._create_order(distributor_id=cls.seller.id)
                order.action_confirm()
                cls.orders |= order

    @classmethod
    def _export(cls, user=None, **values):
        export = cls.env['distribution.authority.export'].with_user(user or cls.env.user).create({
            'authority': "Market supervision, file 7", 'reason': "Letter of 2 May",
            'from_at': "2026-04-01 00:00:00", 'until_at': "2026-05-01 00:00:00", **values,
        })
        export.action_export()
        return export

    @staticmethod
    def _unpack(export):
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(export.file))) as pack:
            return {name: pack.read(name) for name in pack.namelist()}

    def test_the_records_of_the_period_are_in_the_file(self):
        with freeze_time("2026-04-20 10:00:00"):
            self.seller._set_upline(self.seller.browse(), "Wished so")
        content = json.loads(self._unpack(self._export())['records.json'])
        ours = [row for row in content['orders'] if row['order'] in self.orders.mapped('name')]
        self.assertEqual([row['order'] for row in ours], self.orders[1:3].mapped('name'))
        self.assertEqual(ours[0], {
            'order': self.orders[1].name, 'state': 'sale', 'confirmed_at': "2026-04-01 00:00:00",
            'customer': "Customer", 'currency': self.company.currency_id.name, 'untaxed': '100.00', 'source': 'staff',
            'policy_valid_from': str(self.policy.valid_from),
            'tiers': [{'tier': 1, 'distributor': 'SELLER', 'earns_nothing': None},
                      {'tier': 2, 'distributor': 'UPLINE', 'earns_nothing': None}],
            'agents': [],
        })
        self.assertEqual([row for row in content['uplines'] if row['distributor'] == 'SELLER'], [
            {'distributor': 'SELLER', 'upline': 'UPLINE', 'from': "2026-03-01 08:00:00",
             'until': "2026-04-20 10:00:00", 'reason': None},
            {'distributor': 'SELLER', 'upline': None, 'from': "2026-04-20 10:00:00", 'until': None,
             'reason': "Wished so"},
        ])
        self.assertEqual((content['authority'], content['from']), ("Market supervision, file 7", "2026-04-01 00:00:00"))
        self.assertEqual(content['policies'][0]['bounds']['max_paid_tiers'], '2')

    def test_a_relation_that_ended_before_the_period_is_not_in_the_file(self):
        with freeze_time("2026-04-01 00:00:00"):
            self.seller._set_upline(self.seller.browse(), "Wished so")
        content = json.loads(self._unpack(self._export())['records.json'])
        self.assertEqual([row['upline'] for row in content['uplines'] if row['distributor'] == 'SELLER'], [None])

    def test_the_hash_is_of_the_content_and_the_log_keeps_it(self):
        export = self._export()
        files = self._unpack(export)
        digest = hashlib.sha256(files['records.json']).hexdigest()
        self.assertEqual(files['records.json.sha256'].decode(), f"{digest}  records.json\n")
        self.assertEqual(export.sha256, digest)
        log = self.env['distribution.export.log'].search([], limit=1)
        self.assertRecordValues(log, [{
            'sha256': digest, 'user_id': self.env.uid, 'authority': "Market supervision, file 7",
            'reason': "Letter of 2 May", 'company_id': self.company.id, 'from_at': export.from_at,
            'until_at': export.until_at,
        }])
        content = json.loads(files['records.json'])
        self.assertEqual(log.counts['orders'], len(content['orders']))
        self.assertNotIn("Customer", json.dumps(log.counts))

    def test_the_log_is_never_changed_or_deleted(self):
        self._export()
        log_sudo = self.env['distribution.export.log'].sudo().search([], limit=1)
        with self.assertRaisesRegex(UserError, "never changed"):
            log_sudo.reason = "Another"
        with self.assertRaisesRegex(UserError, "never deleted"):
            log_sudo.unlink()

    def test_only_an_administrator_of_the_company_exports(self):
        other = self.env['res.company'].create({'name': "Other"})
        officer = new_test_user(
            self.env, 'officer', groups='distribution_core.group_distribution_user', company_id=self.company.id)
        stranger = new_test_user(
            self.env, 'stranger', groups='distribution_core.group_distribution_manager', company_id=other.id,
            company_ids=[(6, 0, other.ids)])
        logs = self.env['distribution.export.log'].sudo()
        count = logs.search_count([])
        for user in (officer, stranger):
            with self.subTest(user.login), self.assertRaises(AccessError), self.env.cr.savepoint():
                self._export(user, company_id=self.company.id)
        self.assertEqual(logs.search_count([]), count)

    def test_a_period_ends_after_it_begins(self):
        with self.assertRaisesRegex(ValidationError, "ends after"):
            self._export(until_at="2026-04-01 00:00:00")
