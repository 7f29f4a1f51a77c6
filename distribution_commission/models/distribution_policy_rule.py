from odoo import api, models
from odoo.tools import SQL

from odoo.addons.distribution_core.models.distribution_policy import PAID_TIERS_CEILING
from odoo.addons.distribution_core.models.distribution_policy_rule import Rule


class DistributionPolicyRule(models.AbstractModel):
    """What the ledger and the plan in force say to R01–R12 and R22–R24.

    A commission row is measured with the policy that its order pinned. Orders that wait to be looked at
    are left out: what their documents say has not reached the ledger yet.
    """
    _inherit = 'distribution.policy.rule'

    @api.model
    def _get_rules(self):
        """Override of `distribution_core` to add the rules on money."""
        money = {
            'R01': Rule('block', self.env._("No sale line pays more tiers than allowed"), self._check_r01),
            'R02': Rule(
                'signoff', self.env._("A second tier is paid only where somebody signed for it"), self._check_r02),
            'R03': Rule('block', self.env._("Every commission hangs on a sale line"), self._check_r03),
            'R04': Rule('block', self.env._("No pay by head-count or team totals"), self._get_plan_check('R04')),
            'R05': Rule('block', self.env._("No fee, deposit or package to join"), self._get_plan_check('R05')),
            'R06': Rule(
                'block', self.env._("Levels do not depend on recruits or own purchases"), self._get_plan_check('R06')),
            'R07': Rule('block', self.env._("Nobody has to bring others"), self._get_plan_check('R07')),
            'R08': Rule('block', self.env._("Commission stays within the highest share"), self._check_r08),
            'R09': Rule('block', self.env._("No more commission than money received"), self._check_r09),
            'R10': Rule('block', self.env._("No commission is released before the hold is over"), self._check_r10),
            'R11': Rule('block', self.env._("What was refunded was taken back"), self._check_r11),
            'R12': Rule('block', self.env._("Own purchases earn nothing"), self._check_r12),
        }
        plan = {
            'R22': Rule('block', self.env._("The plan was announced before it began"), self._check_r22),
            'R23': Rule('block', self.env._("Texts of the plan promise no income"), self._get_plan_check('R23')),
            'R24': Rule('block', self.env._("Sharing and clicking earn nothing"), self._get_plan_check('R24')),
        }
        rules = {**money, **super()._get_rules(), **plan}
        return {code: rules[code] for code in sorted(rules)}

    @api.model
    def _get_evidence_labels(self):
        """Override of `distribution_core` to name what is counted here."""
        return {
            **super()._get_evidence_labels(),
            'commissions': self.env._("Commissions"),
            'lines': self.env._("Sale lines"),
            'names': self.env._("Orders concerned"),
            'plan': self.env._("Plan"),
            'found': self.env._("Found"),
        }

    # === RULES - MONEY === #

    @api.model
    def _check_r01(self, subject):
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
             WHERE tier <= %s
             GROUP BY attribution_id, order_line_ref
            HAVING count(DISTINCT distributor_id) > min(max_paid_tiers)
            """, PAID_TIERS_CEILING))

    @api.model
    def _check_r02(self, subject):
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
             WHERE tier BETWEEN 2 AND %s AND NOT EXISTS (
                   SELECT FROM distribution_policy_signoff s WHERE s.policy_id = paid.policy_id AND s.rule = 'R02')
            """, PAID_TIERS_CEILING))

    @api.model
    def _check_r03(self, subject):
        """The database demands it of every row; counted all the same."""
        [[commissions, homeless]] = self.env.execute_query(SQL(
            "SELECT count(*), count(*) FILTER (WHERE order_line_ref IS NULL) FROM distribution_commission"
            " WHERE company_id = %s", subject.company.id))
        return 'red' if homeless else 'green', {'commissions': commissions}

    @api.model
    def _check_r08(self, subject):
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
             GROUP BY attribution_id, order_line_ref
            HAVING sum(earned_amount) > round(max(base_amount) * min(max_commission_rate)::numeric / 100, %s)
            """, subject.company.currency_id.decimal_places))

    @api.model
    def _check_r09(self, subject):
        """Of an order altogether; discounts of the order count, they are lines of it."""
        orders = self.env['sale.order']
        return self._get_orders_found(subject, SQL(
            """
            SELECT earned.attribution_id
              FROM (SELECT attribution_id, sum(earned_amount) AS amount FROM paid GROUP BY attribution_id) earned
              JOIN distribution_attribution a ON a.id = earned.attribution_id
      JOIN LATERAL (
                   SELECT COALESCE(sum(%(net)s), 0) AS amount
                     FROM sale_order_line l
             JOIN LATERAL (%(invoiced)s) invoiced ON TRUE
                    WHERE l.order_id = a.order_id
                   ) received ON TRUE
             WHERE earned.amount > received.amount
            """, net=self._get_net(), invoiced=orders._distribution_invoiced()))

    @api.model
    def _check_r10(self, subject):
        """A line that was delivered, given back and delivered anew waits anew: such an order shows up here."""
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
              JOIN distribution_transfer t ON t.commission_id = paid.id AND t.reason = 'maturity'
             WHERE t.posted_at < paid.available_on
                OR paid.available_on < paid.delivered_at + make_interval(days => paid.return_window_days)
            """))

    @api.model
    def _check_r11(self, subject):
        """No line earns on more than its documents leave after credit notes."""
        orders = self.env['sale.order']
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
              JOIN sale_order_line l ON l.id = paid.order_line_ref
      JOIN LATERAL (%(invoiced)s) invoiced ON TRUE
             WHERE invoiced.refunded_doc > 0
               AND paid.base_amount > GREATEST(0, round(%(net)s, %(digits)s)) + 10 ^ -%(digits)s
            """, net=self._get_net(), invoiced=orders._distribution_invoiced(),
            digits=subject.company.currency_id.decimal_places))

    @api.model
    def _check_r12(self, subject):
        return self._get_orders_found(subject, SQL(
            """
            SELECT attribution_id FROM paid
              JOIN distribution_attribution a ON a.id = attribution_id
              JOIN sale_order o ON o.id = a.order_id
              JOIN res_partner buyer ON buyer.id = o.partner_id
              JOIN distribution_distributor d ON d.id = paid.distributor_id
              JOIN res_partner payee ON payee.id = d.partner_id
             WHERE payee.commercial_partner_id = buyer.commercial_partner_id
            """))

    # === RULES - PLAN === #

    @api.model
    def _get_plan_check(self, rule):
        """Return the check that asks the pure function about the version in force."""
        def check(subject):
            version = self._get_version_in_force(subject)
            if not version:
                return 'not_applicable', {}
            finding = next(finding for finding in version._get_legal_findings() if finding.rule == rule)
            found = finding.found if isinstance(finding.found, list) else [str(finding.found)]
            return 'green' if finding.holds else 'red', {'plan': version.display_name, 'found': ", ".join(found)}
        return check

    @api.model
    def _check_r22(self, subject):
        """What a version followed is known only when it is published; the dossier of it says how long it was known."""
        version = self._get_version_in_force(subject)
        if not version.dossier_id:
            return 'unknown' if version else 'not_applicable', {}
        finding = next(check for check in version._get_dossier()['checks'] if check['rule'] == 'R22')
        return 'green' if finding['holds'] else 'red', {'plan': version.display_name, 'found': finding['found']}

    # === GETTERS === #

    @api.model
    def _get_version_in_force(self, subject):
        version_id = self.env['distribution.plan']._get_active_version_id(subject.company.id)
        return self.env['distribution.plan.version'].browse(version_id)

    @api.model
    def _get_orders_found(self, subject, found):
        """Return red with the orders that a query over `paid` names by their attribution, or green.

        :param Subject subject:
        :param SQL found: Selects `attribution_id` from `paid`: the commissions that earn, with their policy.
        """
        self.env.flush_all()
        names = [name for name, in self.env.execute_query(SQL(
            """
            WITH paid AS (
                SELECT c.*, p.id AS policy_id, p.max_paid_tiers, p.max_commission_rate, p.return_window_days
                  FROM distribution_commission c
                  JOIN distribution_attribution a ON a.id = c.attribution_id
                  JOIN distribution_policy p ON p.id = a.policy_id
                 WHERE c.company_id = %(company)s AND c.earned_amount > 0
                   AND NOT EXISTS (SELECT FROM distribution_event e WHERE e.order_ref = a.order_id)
            ), found AS (%(found)s)
            SELECT o.name
              FROM distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id
             WHERE a.id IN (SELECT attribution_id FROM found)
          ORDER BY o.id
            """, company=subject.company.id, found=found))]
        return 'red' if names else 'green', {'orders': len(names), **({'names': names[:20]} if names else {})}

    @api.model
    def _get_net(self):
        """Return the SQL of what is left of a line after credit notes, at the rate of the sale."""
        return SQL(
            "(invoiced.sold - CASE WHEN invoiced.sold_doc = 0 THEN 0"
            " ELSE invoiced.sold * invoiced.refunded_doc / invoiced.sold_doc END)")
