from odoo import api, models
from odoo.tools import SQL

from odoo.addons.distribution_core.models.distribution_policy_rule import Rule


class DistributionPolicyRule(models.AbstractModel):
    """What the payouts say to R38 and R39."""
    _inherit = 'distribution.policy.rule'

    @api.model
    def _get_rules(self):
        """Override to add the rules on money out."""
        rules = {
            **super()._get_rules(),
            'R38': Rule('block', self.env._("Money goes to accounts of the distributors' own"), self._check_r38),
            'R39': Rule('signoff', self.env._("Above the limit two persons approved"), self._check_r39),
        }
        return {code: rules[code] for code in sorted(rules)}

    @api.model
    def _get_evidence_labels(self):
        """Override to name what is counted here."""
        return {**super()._get_evidence_labels(), 'payouts': self.env._("Payouts")}

    @api.model
    def _check_r38(self, subject):
        """Store credit, which the distributor chose, needs no account."""
        return self._get_payouts_found(subject, SQL(
            "account.distributor_id IS DISTINCT FROM w.distributor_id"
            " AND NOT (w.account_id IS NULL AND w.is_channel_chosen)"))

    @api.model
    def _check_r39(self, subject):
        """Measured with the limit of today: what a higher one allowed before is shown too."""
        return self._get_payouts_found(subject, SQL(
            "w.amount > %s AND w.checked_by_id IS NULL", subject.company.distribution_approval_limit))

    @api.model
    def _get_payouts_found(self, subject, condition):
        """Return red with the number of payouts that left and are so, or green."""
        self.env.flush_all()
        [[count]] = self.env.execute_query(SQL(
            """
            SELECT COUNT(*)
              FROM distribution_payout p
              JOIN distribution_withdrawal w ON w.id = p.withdrawal_id
         LEFT JOIN distribution_payee_account account ON account.id = w.account_id
             WHERE p.company_id = %s AND p.state IN ('sent', 'done') AND %s
            """, subject.company.id, condition))
        return 'red' if count else 'green', {'payouts': count}
