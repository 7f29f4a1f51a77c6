from odoo import fields, models
from odoo.tests import new_test_user, tagged

from .common import DistributionCoreCommon, PrivacyBuilders

OPERATIONS = {'r': 'read', 'w': 'write', 'c': 'create', 'u': 'unlink'}
# Who may do what: officer, administrator, privacy officer (an officer, too), and a distributor with its own.
RIGHTS = {
    'distribution.agreement': ('r', 'rwcu', 'r', ''),
    'distribution.agreement.acceptance': ('r', 'r', 'r', ''),
    'distribution.announcement': ('rwc', 'rwcu', 'rwc', ''),
    'distribution.announcement.read': ('r', 'r', 'r', ''),
    'distribution.application': ('rw', 'rw', 'rw', ''),
    'distribution.attempt': ('r', 'r', 'r', ''),
    'distribution.attribution': ('r', 'r', 'r', ''),
    'distribution.attribution.change': ('r', 'r', 'r', ''),
    'distribution.attribution.tier': ('r', 'r', 'r', ''),
    'distribution.binding': ('r', 'rc', 'r', ''),
    'distribution.distributor': ('rwc', 'rwcu', 'rwc', 'r'),
    'distribution.export.log': ('', 'r', '', ''),
    'distribution.identity': ('rwc', 'rwcu', 'rwc', 'r'),
    'distribution.level': ('r', 'rwcu', 'r', 'r'),
    'distribution.level.history': ('r', 'r', 'r', ''),
    'distribution.level.run': ('r', 'rw', 'r', ''),
    'distribution.level.run.line': ('r', 'r', 'r', ''),
    'distribution.link': ('rwc', 'rwcu', 'rwc', 'r'),
    'distribution.notification.setting': ('r', 'r', 'r', 'r'),
    'distribution.payee.account': ('rwc', 'rwcu', 'rwc', 'r'),
    'distribution.policy': ('r', 'rwc', 'r', ''),
    'distribution.policy.check': ('r', 'r', 'r', ''),
    'distribution.policy.check.run': ('r', 'r', 'r', ''),
    'distribution.policy.signoff': ('r', 'rc', 'r', ''),
    'distribution.privacy.log': ('', 'r', 'r', ''),
    'distribution.privacy.request': ('', 'rwc', 'rwc', ''),
    'distribution.risk.check': ('r', 'rwcu', 'r', ''),
    'distribution.risk.signal': ('rw', 'rw', 'rw', 'r'),
    'distribution.territory': ('r', 'rwc', 'r', 'r'),
    'distribution.touch': ('r', 'r', 'r', ''),
    'distribution.upline': ('r', 'r', 'r', ''),
    'distribution.visitor': ('r', 'r', 'r', ''),
}
# Belong to no company: what is here of one is readable wherever one works.
WITHOUT_COMPANY = {'distribution.visitor'}
# Of the company: no distributor's own.
OF_THE_COMPANY = {'distribution.announcement', 'distribution.level', 'distribution.policy', 'distribution.risk.check', 'distribution.agreement'}

# What the rules of a model demand beyond its required fields.
OVERRIDES = {
    'distribution.binding': lambda case: {'partner_id': case.env['res.partner'].create({'name': "Bound"}).id},
    'distribution.territory': lambda case: {
        'state_id': case.env['res.country.state'].create({
            'name': "Somewhere", 'code': case.env['distribution.distributor']._get_new_code(),
            'country_id': case.env.ref('base.cn').id}).id,
        'from_at': False,
    },
}


@tagged('post_install', '-at_install')
class TestAccessRights(PrivacyBuilders, DistributionCoreCommon):
    """Every model × role × operation × whose record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env['res.company'].create({'name': "Other"})
        cls.env.user.company_ids |= cls.other_company
        own = cls._create_distributor("Own")
        cls.worlds = {
            'own': cls._build_world(own),
            'downline': cls._build_world(cls._create_distributor("Downline", parent_id=own.id)),
            'foreign': cls._build_world(cls._create_distributor("Foreign", company_id=cls.other_company.id)),
        }
        group = 'distribution_core.group_distribution_%s'
        cls.users = {
            'officer': new_test_user(cls.env, 'rights officer', groups=group % 'user'),
            'manager': new_test_user(cls.env, 'rights manager', groups=group % 'manager'),
            'privacy': new_test_user(cls.env, 'rights privacy', groups=f"base.group_user,{group % 'privacy'}"),
            'portal': new_test_user(cls.env, 'rights portal', groups='base.group_portal'),
            'employee': new_test_user(cls.env, 'rights employee', groups='base.group_user'),
            'public': cls.env.ref('base.public_user'),
        }
        cls.users['portal'].partner_id = own.partner_id

    # === HELPERS === #

    @classmethod
    def _build_world(cls, distributor):
        """Return a record of every model around a distributor, by model."""
        env = cls.env(su=True)
        company = distributor.company_id
        world = {
            'res.company': company,
            'res.partner': distributor.partner_id,
            'res.users': cls.env.user,
            'distribution.distributor': distributor,
            'distribution.policy': env['distribution.policy']._get_in_force(company),
            'distribution.upline': distributor.upline_ids[:1],
            'distribution.level.history': distributor.level_history_ids[:1],
            'sale.order': env['sale.order'].create({'partner_id': distributor.partner_id.id, 'company_id': company.id}),
        }
        for model in RIGHTS:
            cls._ensure_record(model, world)
        return world

    @classmethod
    def _ensure_record(cls, model, world):
        """Return the record of a world; made of nothing but what it refers to and what is required."""
        if not world.get(model):
            values = {
                name: value
                for name, field in cls.env[model]._fields.items()
                if field.store and not field.related and name not in models.MAGIC_COLUMNS
                and (value := cls._get_value(model, field, world)) is not None
            }
            values |= OVERRIDES.get(model, lambda _case: {})(cls)
            world[model] = cls.env[model].sudo().with_company(world['res.company']).create(values)
        return world[model]

    @classmethod
    def _get_value(cls, model, field, world):
        if field.type == 'many2one':
            known = field.comodel_name in world or field.required and field.comodel_name in RIGHTS
            recursive = field.comodel_name == model
            return cls._ensure_record(field.comodel_name, world).id if known and not recursive else None
        if not field.required or field.default or field.compute:
            return None
        return {
            'char': "X", 'text': "X", 'integer': 1, 'float': 1.0, 'datetime': fields.Datetime.now(),
            'date': fields.Date.today(), 'boolean': False,
            'selection': field.selection[0][0] if field.type == 'selection' else None,
            'many2one_reference': 1, 'json': {},
        }[field.type]

    # === TESTS === #

    def test_the_table_knows_every_model(self):
        self.assertEqual(set(RIGHTS), {
            name for name, model in self.registry.items()
            if model._original_module == 'distribution_core' and not model._abstract and not model._transient
        })

    def test_who_may_do_what_with_whose_record(self):
        for model, (officer, manager, privacy, portal) in RIGHTS.items():
            shared, company_owned = model in WITHOUT_COMPANY, model in OF_THE_COMPANY
            for role, rights in [
                ('officer', officer), ('manager', manager), ('privacy', privacy), ('portal', portal),
                ('employee', ''), ('public', ''),
            ]:
                for whose, world in self.worlds.items():
                    in_reach = whose == 'own' or shared or (
                        whose == 'downline' and (role != 'portal' or company_owned))
                    expected = rights if in_reach else ''
                    env = self.env(user=self.users[role], su=False, context={})
                    record = env[model].browse(world[model].id)
                    allowed = ''.join(letter for letter, name in OPERATIONS.items() if record.has_access(name))
                    with self.subTest(model=model, role=role, whose=whose):
                        self.assertEqual(allowed, expected)
