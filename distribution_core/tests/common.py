import os
from unittest.mock import patch

from odoo import Command, fields

from odoo.addons.base.tests.common import BaseCommon


class NetworkBuilders:
    """Builders that every test of the suite may use, whatever it derives from."""

    @classmethod
    def _create_distributor(cls, name, active=True, **values):
        partner = values.pop('partner_id', None) or cls.env['res.partner'].create({'name': name}).id
        distributor = cls.env['distribution.distributor'].create({'partner_id': partner, **values})
        if active:
            distributor._set_active()
        return distributor

    @classmethod
    def _next_policy(cls, company=None, **values):
        """Put another version in force: one that an order has pinned is never edited."""
        policy = cls.env['distribution.policy']._get_in_force(company or cls.env.company)
        return policy.copy({'valid_from': fields.Date.add(policy.valid_from, days=1), **values})


class DistributionCoreCommon(NetworkBuilders, BaseCommon):
    """A company with its default policy, and builders for the network around it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.policy = cls.env['distribution.policy']._get_in_force(cls.company)
        cls.customer = cls.env['res.partner'].create({'name': "Customer", 'email': 'customer@example.com'})
        cls.product = cls.env['product.product'].create({'name': "Advice", 'type': 'service', 'list_price': 100.0})

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('distribution_core.group_distribution_manager') \
            | cls.quick_ref('sales_team.group_sale_manager')

    @classmethod
    def _create_touch(cls, distributor, visitor='visitor', days_ago=0, **values):
        return cls.env['distribution.touch'].sudo().create({
            'distributor_id': distributor.id,
            'company_id': distributor.company_id.id,
            'at': fields.Datetime.subtract(fields.Datetime.now(), days=days_ago),
            'visitor': visitor,
            **values,
        })

    @classmethod
    def _create_order(cls, **values):
        return cls.env['sale.order'].create({
            'partner_id': cls.customer.id,
            'order_line': [Command.create({'product_id': cls.product.id})],
            **values,
        })


class PrivacyBuilders:
    """Builders for identities and accounts, under a key that is used by tests alone."""

    KEY = 'test:' + 'A' * 43 + '='
    NEW_KEY = 'new:' + 'B' * 43 + '='
    # The two examples in GB 11643.
    NUMBER, OTHER_NUMBER = '11010519491231002X', '440524188001010014'
    ACCOUNT = '6222021234567890'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(cls._keys(cls.KEY))

    @classmethod
    def _keys(cls, current, old=''):
        """Return the patch that gives the server these keys, and no others."""
        return patch.dict(os.environ, {'DISTRIBUTION_KEY': current, 'DISTRIBUTION_KEYS_OLD': old})

    @classmethod
    def _create_identity(cls, distributor, verify=True, **values):
        """Write down who a distributor is, instead of what was written down before."""
        values = {'document_type': 'id_card', 'real_name': "张三丰", 'number': cls.NUMBER, **values}
        identity = distributor.sudo().identity_ids
        if identity:
            identity.write(values)
        else:
            identity = cls.env['distribution.identity'].create({'distributor_id': distributor.id, **values})
        if verify:
            identity.action_verify()
        return identity

    @classmethod
    def _create_account(cls, distributor, verify=False, **values):
        account = cls.env['distribution.payee.account'].create({
            'distributor_id': distributor.id, 'bank_name': "ICBC", 'holder_name': "张三丰", 'number': cls.ACCOUNT,
            **values,
        })
        if verify:
            account.action_verify()
        return account
