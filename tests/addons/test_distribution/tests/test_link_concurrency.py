from types import SimpleNamespace
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name, tagged

from odoo.addons.distribution_core.models import distribution_touch


@tagged('post_install', '-at_install')
class TestLinkConcurrency(BaseCase):
    """Two real cursors at once. What is made here is committed: the database is thrown away."""

    def _open(self):
        cr = db_connect(get_db_name()).cursor()
        self.addCleanup(cr.close)
        cr.execute("SET lock_timeout = '500ms'")
        return api.Environment(cr, SUPERUSER_ID, {})

    def _visit(self, env, referral, visitor):
        http = SimpleNamespace(user_agent=SimpleNamespace(string=visitor), remote_addr='192.0.2.1')
        request = SimpleNamespace(env=env(user=env.ref('base.public_user'), su=True), httprequest=http)
        with patch.object(distribution_touch, 'request', request):
            request.env['distribution.touch']._record(referral, visitor)

    def test_visits_through_one_link_neither_wait_nor_collide(self):
        env = self._open()
        distributor = env['distribution.distributor'].create(
            {'partner_id': env['res.partner'].create({'name': "Popular"}).id})
        distributor._set_active()
        link = env['distribution.link'].create({'name': "Tea", 'distributor_id': distributor.id})
        code, link_id = link.code, link.id
        env.cr.commit()
        one, other, editor = self._open(), self._open(), self._open()
        referrals = [visit['distribution.link']._resolve(code) for visit in (one, other)]   # both snapshots are taken
        self._visit(one, referrals[0], 'ann')
        self._visit(other, referrals[1], 'bob')
        # Neither does one keep the staff from editing link and distributor, nor they it.
        editor['distribution.link'].browse(link_id).name = "Green tea"
        editor['distribution.distributor'].browse(distributor.id).alias = "Pop"
        editor.cr.commit()
        self._visit(one, referrals[0], 'ann')
        one.cr.commit()
        other.cr.commit()
        env.invalidate_all()
        self.assertEqual((link.visit_count, link.visitor_count), (3, 2))
