from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.distribution_core.attribution import AGENTS
from odoo.addons.distribution_core.compliance import Bounds, Plan, find_claims, judge_plan

PPM_PER_PERCENT = 10_000


class DistributionPlanVersion(models.Model):
    """What the law has against a version.

    The pure function `judge_plan` decides; here a version is described to it. Most unlawful plans
    cannot be written down at all: a rule has no field that reads how many people somebody brought, what
    a team sold, whether a fee was paid or something was bought first, and a level has none that reads
    recruits or own purchases. A test holds that. So those parts of the description are constant, and
    they are there to show in the dossier what was asked.
    """
    _inherit = 'distribution.plan.version'

    # === CONSTRAINT METHODS === #

    @api.constrains('state')
    def _check_lawful(self):
        """Refuse to publish a version outside the policy, whoever does it and however.

        A version with a dossier was judged when it was published: that it begins is no new decision.
        """
        for version in self:
            if version.state == 'approved' or version.state == 'active' and not version.dossier_id:
                version._check_publishable()

    # === BUSINESS METHODS === #

    def _check_publishable(self):
        """Refuse with everything that stands in the way, in words."""
        problems = self._get_policy_problems()
        if problems:
            raise ValidationError(self.env._(
                "%(plan)s cannot be activated:\n%(problems)s",
                plan=self.display_name,
                problems="\n".join(f"- {problem}" for problem in problems),
            ))

    # === GETTERS === #

    def _get_policy_problems(self):
        """Return what stands against the publication of this version, in words.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = [] if self._pays_anybody() else [self.env._("it has no rule, so nobody would earn anything.")]
        problems += [
            self._get_problem(finding) for finding in self._get_legal_findings() if not finding.holds]
        return problems + self._get_scenario_problems()

    def _pays_anybody(self):
        """Hook: whether somebody may get something by this version."""
        self.ensure_one()
        return bool(self.rule_ids or self.ladder_ids)

    def _get_legal_findings(self):
        """Return what each rule of the law says of this version.

        :rtype: list[distribution_core.compliance.Finding]
        """
        self.ensure_one()
        policy = self.env['distribution.policy'].sudo()._get_in_force(self.company_id, self._get_judged_on())
        return judge_plan(self._describe(policy), Bounds(
            max_paid_tiers=policy.max_paid_tiers,
            max_commission_ppm=round(policy.max_commission_rate * PPM_PER_PERCENT),
            return_window_days=policy.return_window_days,
            hold_days=policy.hold_days,
            notice_days=policy.notice_days,
        ))

    def _describe(self, policy):
        """Describe this version to the pure function.

        :param distribution.policy policy: Whose sign-off counts.
        :rtype: Plan
        """
        cap = self._get_cap_ppm()
        paid = set(self.rule_ids.mapped('tier'))
        tiers = max(paid.difference(AGENTS.values()), default=0)
        return Plan(
            tier_ppm=tuple(self._get_highest_ppm(tier, cap) for tier in range(1, tiers + 1)),
            agent_ppm=tuple(self._get_highest_ppm(tier, cap) for tier in sorted(paid.intersection(AGENTS.values()))),
            cap_ppm=cap,
            signed_tiers=policy.max_paid_tiers if policy.tier2_signed_by_id else 1,
            bases=('sale_line_net', 'sale_line_quantity'),
            eligibility=('agreement', 'application_approved'),
            rank_inputs=('own_end_customer_sales', 'own_return_rate', 'training_done', 'tenure'),
            notice_days=self._get_notice_days(),
            texts=tuple(self.plan_id._get_texts()),
        )

    def _get_highest_ppm(self, tier, cap):
        """Return what a tier earns on a line at most; of other kinds than a percentage only the cap is known."""
        rules = self.rule_ids.filtered(lambda rule: rule.tier == tier)
        return min(cap, max(
            (round(rule.rate * PPM_PER_PERCENT) if rule.kind == 'percent' else cap for rule in rules), default=0))

    def _get_problem(self, finding):
        """Return a finding in words."""
        values = {'found': self._format_finding(finding, finding.found),
                  'allowed': self._format_finding(finding, finding.allowed)}
        words = {
            'R01': lambda: self.env._("it pays %(found)s tiers; the policy allows %(allowed)s.", **values),
            'R02': lambda: self.env._("it pays a second tier, which nobody has signed in the policy."),
            'R08': lambda: self.env._("its cap is %(found)s; the policy allows %(allowed)s.", **values),
            'R10': lambda: self.env._(
                "the hold of %(found)s days is shorter than the return window of %(allowed)s days.", **values),
            'R22': lambda: self.env._(
                "distributors are told %(found)s days before; the policy asks for %(allowed)s days.", **values),
            'R23': lambda: self.env._("its texts promise income: %(found)s.", **values),
        }
        return words.get(finding.rule, lambda: f"{finding.rule}: {values['found']}")()

    @api.model
    def _format_finding(self, finding, value):
        if finding.rule == 'R08':
            return f"{value / PPM_PER_PERCENT:g} %"
        return ", ".join(value) if isinstance(value, list) else str(value)


class DistributionPlan(models.Model):
    _inherit = 'distribution.plan'

    # === CONSTRAINT METHODS === #

    @api.constrains('name', 'description')
    def _check_texts(self):
        """Refuse texts that promise income (R23)."""
        for plan in self:
            claims = [claim for text in plan._get_texts() for claim in find_claims(text)]
            if claims:
                raise ValidationError(self.env._(
                    "A plan does not promise income. Say what is paid for what, without: %s", ", ".join(claims)))

    # === GETTERS === #

    def _get_texts(self):
        """Return what a plan says about itself, in each installed language.

        :rtype: list[str]
        """
        self.ensure_one()
        texts = []
        for code, _name in self.env['res.lang'].get_installed():
            plan = self.with_context(lang=code)
            texts += [plan.name or '', plan.description or '']
        return list(dict.fromkeys(filter(None, texts)))
