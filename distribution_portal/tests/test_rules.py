from odoo import Command, fields
from odoo.tests import tagged

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestRulesPage(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        public_user = cls.env.ref('base.public_user').sudo()
        public_user.write({'company_ids': [Command.link(cls.company.id)], 'company_id': cls.company.id})
        if 'website' in cls.env:
            cls.env['website'].sudo().search([]).company_id = cls.company

    def test_everybody_reads_the_rules_in_force_and_those_that_come(self):
        self.assertIn("Tier 1: 10 %", self._read('/distribution/rules', None))
        self.plan.action_new_version()
        draft = self._create_version(self.plan, [(1, 12.0), (2, 5.0)], activate=False)
        self.assertNotIn("Tier 1: 12 %", self._read('/distribution/rules', None), "a draft is nobody's business")
        draft.effective_from = fields.Datetime.add(fields.Datetime.now(), days=7)
        draft.action_activate()
        text = self._read('/distribution/rules', None)
        for words in ("Tier 1: 10 %", "Tier 1: 12 %", "\u2212 Tier 1: 10 %", "New rules are in force from"):
            self.assertIn(words, text)

    def test_a_company_without_a_plan_says_so(self):
        self.version.sudo().state = 'retired'
        self.env.registry.clear_cache()
        self.assertIn("Nothing is published here yet", self._read('/distribution/rules', None))
