from psycopg2.errors import SerializationFailure

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CommittedCase


@tagged('post_install', '-at_install')
class TestLadderConcurrency(CommittedCase):
    """Workers on one period of a ladder, by day: 10 % of what was sold yesterday.

    Nothing is paid by rules, so that no balance stands between two workers.
    """

    @classmethod
    def _create_world(cls, env):
        ids = super()._create_world(env)
        company = env['res.company'].browse(ids['company'])
        env = env(context={**env.context, 'allowed_company_ids': company.ids})
        plan = env['distribution.plan'].search([('company_id', '=', company.id)])
        env['distribution.policy']._get_in_force(company).notice_days = 0
        plan.action_new_version()
        version = plan._get_latest_version()
        version.write({
            'rule_ids': [Command.clear()],
            'ladder_ids': [Command.create({
                'period': 'day', 'tz': 'UTC', 'step_ids': [Command.create({'lower_amount': 0, 'rate': 10})]})],
        })
        version.action_activate()
        return ids

    def _sell_yesterday(self):
        [order_id] = self._sell()
        with self._transaction() as env:
            env['sale.order'].browse(order_id).date_order = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        return order_id

    def _process(self):
        with self._transaction() as env:
            while env['distribution.event']._process():
                pass

    def _get_share(self, order_id):
        with self._cursor() as env:
            return env['distribution.commission'].search([
                ('attribution_id.order_id', '=', order_id), ('ladder_period_id', '!=', False)]).mapped('earned_amount')

    def test_two_workers_share_the_periods_and_post_nothing_twice(self):
        order_id = self._sell_yesterday()
        self._process()
        with self._cursor() as one, self._cursor() as other:
            self.assertEqual(one['distribution.ladder.period']._post_due(), 1)
            # The other skips what the first holds, without waiting for it.
            self.assertEqual(other['distribution.ladder.period']._post_due(), 0)
            one.cr.commit()
            other.cr.commit()
        self.assertEqual(self._get_share(order_id), [100.0])
        self._check_books()

    @mute_logger('odoo.sql_db')
    def test_a_worker_with_an_older_view_of_the_documents_fails_and_loses_no_mark(self):
        first = self._sell_yesterday()
        self._process()
        second = self._sell_yesterday()
        with self._cursor() as late:
            late.cr.execute("SELECT COUNT(*) FROM distribution_event")      # its snapshot: the second is not there
            self._process()
            with self.assertRaises(SerializationFailure):
                late['distribution.ladder.period']._post_due()
            late.cr.rollback()
            self.assertEqual(late['distribution.ladder.period']._post_due(), 1)
            late.cr.commit()
        self.assertEqual((self._get_share(first), self._get_share(second)), ([100.0], [100.0]))
        self._check_books()
