from odoo import models

from odoo.addons.distribution_commission.models.distribution_plan_legality import PPM_PER_PERCENT


class DistributionPlanVersion(models.Model):
    _inherit = 'distribution.plan.version'

    # === GETTERS === #

    def _get_policy_problems(self):
        """Override of `distribution_commission`: what is shared out of payments has the platform's bound as well."""
        problem = self._wechat_get_sharing_problem()
        return super()._get_policy_problems() + ([problem] if problem else [])

    def _wechat_get_sharing_problem(self):
        """Return in words that more may be earned by an order than WeChat Pay lets be shared of its payment.

        :rtype: str|None
        """
        self.ensure_one()
        allowed = self.env['distribution.wechat.merchant']._get_sharing_ppm(self.company_id)
        if allowed is None:
            return None
        # The total that the law's own rule on the cap is judged by.
        found = next(finding.found for finding in self._get_legal_findings() if finding.rule == 'R08')
        if found <= allowed:
            return None
        return self.env._(
            "its distributors may earn %(found)s %% of an order together; WeChat Pay shares %(allowed)s %% of a payment "
            "at most.", found=f"{found / PPM_PER_PERCENT:g}", allowed=f"{allowed / PPM_PER_PERCENT:g}")
