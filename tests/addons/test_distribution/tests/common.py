import uuid
from contextlib import contextmanager

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, get_db_name

from odoo.addons.distribution_core.tests.common import PrivacyBuilders


class CommittedCase(BaseCase):
    """Real cursors, several at once. What is made here is committed: the database is thrown away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(PrivacyBuilders._keys(PrivacyBuilders.KEY))
        cls.registry = Registry(get_db_name())
        with cls._transaction() as env:
            cls.ids = cls._create_world(env)

    @classmethod
    def _create_world(cls, env):
        company = env['res.company'].create({'name': f"Concurrency {uuid.uuid4().hex}"})
        env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
        env = env(context={**env.context, 'allowed_company_ids': company.ids})
        company = company.with_env(env)
        company._distribution_setup_accounting()
        policy = env['distribution.policy']._get_in_force(company)
        policy.plan_second_person = False
        policy.action_sign_tier2()
        plan = env['distribution.plan'].create({'name': "Concurrency"})
        version = plan._get_latest_version()
        version.rule_ids = [Command.create({'tier': 1, 'rate': 10.0})]
        version.action_activate()
        env['distribution.payout.channel'].create({'name': "Bank"})
        distributor = cls._create_distributor(env, "Popular")
        customer = env['res.partner'].create({'name': "Concurrent Customer"})
        product = env['product.product'].create({
            'name': "Advice", 'type': 'service', 'list_price': 1000.0, 'invoice_policy': 'order', 'taxes_id': False})
        return {
            'company': company.id, 'distributor': distributor.id, 'customer': customer.id, 'product': product.id}

    @classmethod
    def _create_distributor(cls, env, name, **values):
        """An active distributor, identified and with a verified account."""
        distributor = env['distribution.distributor'].create(
            {'partner_id': env['res.partner'].create({'name': name}).id, **values})
        distributor._set_active()
        number = f'{distributor.id:08}'
        env['distribution.identity'].create({
            'distributor_id': distributor.id, 'document_type': 'passport', 'real_name': name, 'number': f'P{number}',
            'is_of_age': True}).action_verify()
        env['distribution.payee.account'].create({
            'distributor_id': distributor.id, 'holder_name': name, 'number': f'62220212{number}'}).action_verify()
        return distributor

    # === HELPERS === #

    @classmethod
    @contextmanager
    def _transaction(cls):
        """A transaction of its own, committed at the end."""
        with cls._cursor() as env:
            yield env
            env.cr.commit()

    @classmethod
    @contextmanager
    def _cursor(cls):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute("SET lock_timeout = '10s'")
            ids = getattr(cls, 'ids', None)
            yield api.Environment(cr, SUPERUSER_ID, {'allowed_company_ids': [ids['company']]} if ids else {})
            cr.rollback()

    @classmethod
    def _create_order(cls, env, distributor_id=None):
        return env['sale.order'].create({
            'partner_id': cls.ids['customer'],
            'distributor_id': distributor_id or cls.ids['distributor'],
            'order_line': [Command.create({'product_id': cls.ids['product']})],
        })

    @classmethod
    def _sell(cls, count=1, distributor_ids=None):
        """Commit paid orders, with their marks, and return the ids of the orders."""
        distributor_ids = distributor_ids or [cls.ids['distributor']] * count
        with cls._transaction() as env:
            orders = env['sale.order'].concat(*(cls._create_order(env, distributor_id) for distributor_id in distributor_ids))
            orders.action_confirm()
            for order in orders:
                invoice = order._create_invoices()
                invoice.action_post()
                env['account.payment.register'].with_context(
                    active_model='account.move', active_ids=invoice.ids).create({})._create_payments()
            return orders.ids

    @classmethod
    def _make_payable(cls, distributor_ids=None):
        cls._sell(distributor_ids=distributor_ids)
        with cls._transaction() as env:
            while env['distribution.event']._process():
                pass
        with cls._transaction() as env:
            company = env['res.company'].browse(cls.ids['company'])
            env['distribution.commission']._mature(company, '2100-01-01 00:00:00')
            env['distribution.settlement.run'].create({}).action_post()

    def _get_accrued(self, order_ids):
        with self._cursor() as env:
            return env['distribution.commission'].search([
                ('attribution_id.order_id', 'in', order_ids)]).mapped('earned_amount')

    def _wait_until_somebody_waits(self):
        """Return once a transaction of this database waits for a lock."""
        with self._cursor() as env:
            for _attempt in range(1000):
                env.cr.execute(
                    "SELECT COUNT(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'")
                if env.cr.fetchone()[0]:
                    return
                env.cr.rollback()
        self.fail("Nobody waits")

    def _check_books(self):
        with self._cursor() as env:
            self.assertEqual(env['distribution.books'].check(), [])
