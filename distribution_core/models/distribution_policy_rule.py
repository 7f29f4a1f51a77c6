from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..compliance import alarm_level

BUYERS_PERIOD_DAYS = 365
BUYERS_MIN_PERCENT = 70
# How many records a piece of evidence names; the number is always the whole one.
_NAMED_AT_MOST = 20


class Subject(NamedTuple):
    """What is checked.

    Attributes:
        company: res.company, as superuser.
        policy: The distribution.policy in force.
        figures: The `Figures` of its organiser's network.
    """
    company: object
    policy: object
    figures: object


class Rule(NamedTuple):
    """One rule of the compliance table.

    Attributes:
        severity: block, signoff, alarm or information.
        title: In the language of the reader.
        check: Takes a Subject; returns the state (green, red, not_applicable, unknown) and the evidence.
    """
    severity: str
    title: str
    check: object


class DistributionPolicyRule(models.AbstractModel):
    """The rules that are checked. A module adds one by extending `_get_rules` with a method of its own.

    A check reads, it never writes. What it cannot know it calls unknown.
    """
    _name = 'distribution.policy.rule'
    _description = "Compliance Rules"

    @api.model
    def _get_rules(self):
        """Return the rules by code, in the order in which they are shown.

        :rtype: dict[str, Rule]
        """
        return {
            'R13': Rule('alarm', self.env._("Size and depth of the network"), self._check_r13),
            'R14': Rule(
                'information', self.env._("Leavers and all companies of the organiser are counted"), self._check_r14),
            'R15': Rule('alarm', self.env._("Most buyers are no participants"), self._check_r15),
            'R17': Rule('block', self.env._("Distributors are adults who proved who they are"), self._check_r17),
            'R18': Rule('signoff', self.env._("Own employees are no distributors"), self._check_r18),
            'R19': Rule('block', self.env._("Nobody earns on purchases of their own organisation"), self._check_r19),
            'R21': Rule('block', self.env._("Distributors accepted the agreement"), self._check_r21),
            'R25': Rule('block', self.env._("Nobody stands above themselves"), self._check_r25),
            'R26': Rule('information', self.env._("Distributors can leave at any time"), self._check_r26),
            'R27': Rule('information', self.env._("Complaints are taken and answered"), self._check_r27),
        }

    @api.model
    def _get_evidence_labels(self):
        """Return how the keys of the evidence read.

        :rtype: dict[str, str]
        """
        return {
            'participants': self.env._("Participants with the organiser"),
            'depth': self.env._("Levels with the organiser"),
            'loops': self.env._("In a loop"),
            'companies': self.env._("Companies counted"),
            'closed': self.env._("Closed, still counted"),
            'left': self.env._("Closed"),
            'buyers': self.env._("Buyers in a year"),
            'outside_percent': self.env._("No participants (%)"),
            'distributors': self.env._("Distributors"),
            'codes': self.env._("Codes"),
            'orders': self.env._("Orders"),
        }

    @api.model
    def _evaluate(self, company):
        """Check all rules for a company.

        :param res.company company: As superuser: the network of an organiser has no borders inside.
        :return: The figures, and (code, severity, state, evidence) of each rule.
        :rtype: tuple[Figures, list[tuple]]
        """
        subject = Subject(
            company=company,
            policy=self.env['distribution.policy']._get_in_force(company),
            figures=self.env['distribution.network']._get_network_figures(company),
        )
        return subject.figures, [
            (code, rule.severity, *rule.check(subject)) for code, rule in self._get_rules().items()
        ]

    # === RULES === #

    @api.model
    def _check_r13(self, subject):
        figures = subject.figures
        if figures.loops:
            return 'unknown', {'loops': len(figures.loops)}
        return 'red' if alarm_level(figures) else 'green', {
            'participants': figures.participants, 'depth': figures.depth}

    @api.model
    def _check_r14(self, subject):
        companies = self.env['distribution.network']._get_organiser_companies(subject.company)
        closed = self.env['distribution.distributor'].search_count([
            ('company_id', 'in', companies.ids), ('state', '=', 'closed'), ('active_since', '!=', False)])
        return 'green', {'companies': len(companies), 'closed': closed}

    @api.model
    def _check_r15(self, subject):
        """A rule of thumb: courts look at whether goods go to real consumers."""
        self.env['sale.order'].flush_model(['partner_id', 'state'])
        [[buyers, outside]] = self.env.execute_query(SQL(
            """
            WITH participant AS (
                SELECT DISTINCT partner.commercial_partner_id AS id
                  FROM (%(participants)s) p
                  JOIN distribution_distributor d ON d.id = p.id
                  JOIN res_partner partner ON partner.id = d.partner_id
            ), buyer AS (
                SELECT DISTINCT partner.commercial_partner_id AS id
                  FROM distribution_attribution a
                  JOIN sale_order o ON o.id = a.order_id
                  JOIN res_partner partner ON partner.id = o.partner_id
                 WHERE a.company_id = %(company)s AND a.distributor_id IS NOT NULL AND o.state = 'sale'
                   AND a.pinned_at > now() AT TIME ZONE 'UTC' - make_interval(days => %(days)s)
            )
            SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                       SELECT FROM participant WHERE participant.id = buyer.id))
              FROM buyer
            """,
            participants=self.env['distribution.network']._get_participants_query(subject.company),
            company=subject.company.id, days=BUYERS_PERIOD_DAYS))
        if not buyers:
            return 'not_applicable', {'buyers': 0}
        enough = 100 * outside >= BUYERS_MIN_PERCENT * buyers
        return 'green' if enough else 'red', {'buyers': buyers, 'outside_percent': 100 * outside // buyers}

    @api.model
    def _check_r17(self, subject):
        """A verified identity number tells both; it is asked for before the first payout, not to join."""
        people = [('company_id', '=', subject.company.id), ('state', '=', 'active'), ('kind', '!=', 'company')]
        distributors = self.env['distribution.distributor']
        if not distributors.search_count(people, limit=1):
            return 'not_applicable', {'distributors': 0}
        state, evidence = self._get_findings(distributors.search([*people, ('is_identified', '=', False)]))
        return 'unknown' if state == 'red' else state, evidence

    @api.model
    def _check_r18(self, subject):
        users = self.env['res.users'].search([
            ('share', '=', False), ('company_ids', 'in', subject.company.ids)])
        return self._get_findings(self.env['distribution.distributor'].search([
            ('company_id', '=', subject.company.id),
            ('state', '=', 'active'),
            '|', ('kind', '=', 'employee'), ('partner_id', 'in', users.partner_id.ids),
        ]))

    @api.model
    def _check_r19(self, subject):
        self.env['sale.order'].flush_model(['partner_id', 'state'])
        self.env['res.partner'].flush_model(['commercial_partner_id'])
        [[orders]] = self.env.execute_query(SQL(
            """
            SELECT count(DISTINCT o.id)
              FROM distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
              JOIN res_partner buyer ON buyer.id = o.partner_id
              JOIN distribution_attribution_tier t ON t.attribution_id = a.id AND t.refusal IS NULL
              JOIN distribution_distributor d ON d.id = t.distributor_id
              JOIN res_partner payee ON payee.id = d.partner_id
             WHERE a.company_id = %s AND payee.commercial_partner_id = buyer.commercial_partner_id
            """, subject.company.id))
        return 'red' if orders else 'green', {'orders': orders}

    @api.model
    def _check_r21(self, subject):
        if not self.env['distribution.agreement']._get_in_force(subject.company):
            return 'not_applicable', {}
        return self._get_findings(self.env['distribution.distributor'].search([
            ('company_id', '=', subject.company.id), ('state', '=', 'active'), ('accepted_agreement_id', '=', False)]))

    @api.model
    def _check_r25(self, subject):
        return self._get_findings(self.env['distribution.distributor'].browse(subject.figures.loops))

    @api.model
    def _check_r26(self, subject):
        """The portal has a page to resign, which closes at once: nothing can be late."""
        closed = self.env['distribution.distributor'].search_count([
            ('company_id', '=', subject.company.id), ('state', '=', 'closed')])
        return 'green', {'left': closed}

    @api.model
    def _check_r27(self, subject):
        return 'not_applicable', {}

    # === GETTERS === #

    @api.model
    def _get_findings(self, distributors):
        """Return red with the first of the distributors by code, or green when there is none."""
        return 'red' if distributors else 'green', {
            'distributors': len(distributors),
            **({'codes': sorted(distributors.mapped('code'))[:_NAMED_AT_MOST]} if distributors else {}),
        }
