from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.distribution_core.models.distribution_policy_rule import Rule

_NAMED_AT_MOST = 20


class DistributionPolicyRule(models.AbstractModel):
    """What the payouts and exports say to R31–R33 and R35."""
    _inherit = 'distribution.policy.rule'

    @api.model
    def _get_rules(self):
        """Override of `distribution_core` to add the rules on tax."""
        rules = {
            **super()._get_rules(),
            'R31': Rule('block', self.env._("Tax is worked out before anything is paid"), self._check_r31),
            'R32': Rule('block', self.env._("Payouts of a month are taxed together"), self._check_r32),
            'R33': Rule('block', self.env._("Whoever was paid proved who they are"), self._check_r33),
            'R35': Rule('alarm', self.env._("The platform report of the last quarter was made"), self._check_r35),
        }
        return {code: rules[code] for code in sorted(rules)}

    @api.model
    def _get_evidence_labels(self):
        """Override of `distribution_core` to name what is counted here."""
        return {
            **super()._get_evidence_labels(),
            'payouts': self.env._("Payouts"),
            'payout_names': self.env._("Payouts concerned"),
            'quarter': self.env._("Quarter"),
        }

    # === RULES === #

    @api.model
    def _check_r31(self, subject):
        return self._get_payouts_found(subject, SQL(
            "SELECT id FROM distribution_payout WHERE state IN ('sent', 'done') AND tax_month IS NULL"))

    @api.model
    def _check_r32(self, subject):
        """The last one of a month looked at no less than what was paid in it."""
        return self._get_payouts_found(subject, SQL(
            """
            SELECT MAX(id)
              FROM distribution_payout
             WHERE state IN ('sent', 'done') AND tax_explanation IS NOT NULL
          GROUP BY distributor_id, tax_month
            HAVING MAX((tax_explanation->>'income')::numeric) < ROUND(SUM(amount) * %s)
            """, 10 ** subject.company.currency_id.decimal_places))

    @api.model
    def _check_r33(self, subject):
        self.env.flush_all()
        codes = [code for code, in self.env.execute_query(SQL(
            """
            SELECT d.code
              FROM distribution_distributor d
             WHERE d.company_id = %s AND d.kind = 'individual'
               AND EXISTS (SELECT FROM distribution_payout p WHERE p.distributor_id = d.id AND p.state = 'done')
               AND NOT EXISTS (
                   SELECT FROM distribution_identity i WHERE i.distributor_id = d.id AND i.verified_at IS NOT NULL)
          ORDER BY d.code
            """, subject.company.id))]
        return 'red' if codes else 'green', {
            'distributors': len(codes), **({'codes': codes[:_NAMED_AT_MOST]} if codes else {})}

    @api.model
    def _check_r35(self, subject):
        """Due in the month after the quarter; that it was taken out is known, that it was filed is not."""
        company = subject.company
        if company.distribution_platform_role != 'platform':
            return 'not_applicable', {}
        today = company._distribution_get_today()
        begin = fields.Date.subtract(today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1), months=3)
        evidence = {'quarter': f'{begin.year}-Q{(begin.month + 2) // 3}'}
        from_at, _until = self.env['distribution.tax.export'].new({
            'company_id': company.id, 'kind': 'platform', 'day': begin})._get_period_utc()
        logs = self.env['distribution.export.log'].search([('company_id', '=', company.id), ('from_at', '=', from_at)])
        if any('platform' in (log.counts or {}) for log in logs):
            return 'green', evidence
        return 'red' if today >= fields.Date.add(begin, months=4) else 'unknown', evidence

    # === GETTERS === #

    @api.model
    def _get_payouts_found(self, subject, found):
        """Return red with the payouts that a query names by their ids, green, or that nothing was paid yet."""
        self.env.flush_all()
        payouts = self.env['distribution.payout'].search([
            ('company_id', '=', subject.company.id), ('state', 'in', ('sent', 'done'))])
        if not payouts:
            return 'not_applicable', {}
        found_ids = {id_ for id_, in self.env.execute_query(found)}
        names = payouts.filtered(lambda payout: payout.id in found_ids).mapped('name')
        return 'red' if names else 'green', {
            'payouts': len(names), **({'payout_names': names[:_NAMED_AT_MOST]} if names else {})}
