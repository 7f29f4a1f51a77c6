from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import Ladder, apply_rate, reward


class DistributionCommission(models.Model):
    """What a ladder gives on a sale line: a commission of its own beside that of the rules."""
    _inherit = 'distribution.commission'

    ladder_period_id = fields.Many2one(
        comodel_name='distribution.ladder.period',
        index='btree_not_null',
        ondelete='restrict',
        readonly=True,
        groups='distribution_core.group_distribution_user',
        prefetch=False,     # a list for distributors reads it as the system: not with all that is kept from them
        help="The period of a ladder that this is a share of. Empty: by the rules of the plan.",
    )
    is_by_ladder = fields.Boolean(compute='_compute_is_by_ladder', compute_sudo=True)

    _payee_uniq = models.UniqueIndex(
        '(order_line_ref, tier, distributor_id, (COALESCE(ladder_period_id, 0)))',
        "A tier of a line earns one commission by the rules, and one by each period of a ladder.")

    # === COMPUTE METHODS === #

    def _compute_is_by_ladder(self):
        for commission in self:
            commission.is_by_ladder = bool(commission.ladder_period_id)

    # === BUSINESS METHODS === #

    @api.model
    def _sync_ladders(self, periods, targets, company, now):
        """Post the difference between what ladders give now and what the ledger holds.

        :param distribution.ladder.period periods: Of one company, locked.
        :param dict targets: See `distribution.ladder.period._get_targets`.
        :return: How many transfers were posted.
        :rtype: int
        """
        existing = self._lock_ladder_rows(periods)
        self._keep_deliveries(targets)
        if missing := [target for key, target in targets.items() if key not in existing]:
            self._insert(missing, company, now)
            existing = self._lock_ladder_rows(periods)
        self._cut_beside_adjustments(targets, existing)
        return self._post_goals(targets, existing, company, now)

    @api.model
    def _lock_ladder_rows(self, periods, lock=True):
        """Return the commissions of these periods, as `_lock_existing` does.

        :rtype: dict[tuple[int, int, int, int], dict]
        """
        rows = self._lock_rows(SQL("c.ladder_period_id = ANY(%s)", list(periods.ids)), lock)
        return {
            (row['order_line_ref'], row['tier'], row['distributor_id'], row['ladder_period_id']): row for row in rows}

    @api.model
    def _keep_deliveries(self, targets):
        """Let the hold begin when the delivery was first seen, where a rule paid on the line before."""
        seen = dict(self.env.execute_query(SQL(
            """
            SELECT order_line_ref, MIN(delivered_at)
              FROM distribution_commission
             WHERE order_line_ref = ANY(%s) AND ladder_period_id IS NULL AND delivered_at IS NOT NULL
          GROUP BY order_line_ref
            """, list({key[0] for key in targets}))))
        for (line_id, *_key), target in targets.items():
            target['delivered_at'] = seen.get(line_id, target['delivered_at'])

    @api.model
    def _cut_beside_adjustments(self, targets, existing):
        """Where persons adjusted another commission of a line, leave the ladder what the policy's bound leaves."""
        beside = self._get_earned_beside_adjustments({key[0] for key in targets}, existing)
        for key, target in targets.items():
            if key[0] not in beside or key not in existing:
                continue
            left = max(0, apply_rate(target['base'], existing[key]['bound_ppm']) - beside[key[0]])
            if target['amount'] > left:
                trace = target['explanation']
                cut = {'by': 'adjusted', 'limit': left, 'how': 'proportional', 'amounts': [target['amount']],
                       'position': 0}
                target['amount'] = left
                target['explanation'] = {**trace, 'cuts': [*trace.get('cuts', ()), cut], 'amount': left}

    @api.model
    def _get_earned_beside_adjustments(self, line_ids, existing):
        """Return what other commissions than these earn on lines of which one was adjusted, in minor units.

        :rtype: dict[int, int]
        """
        return dict(self.env.execute_query(SQL(
            """
            SELECT c.order_line_ref, (SUM(c.earned_amount) * 10 ^ MIN(currency.decimal_places)::numeric)::bigint
              FROM distribution_commission c
              JOIN res_company company ON company.id = c.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
             WHERE c.order_line_ref = ANY(%s) AND c.id != ALL(%s)
          GROUP BY c.order_line_ref
            HAVING bool_or(EXISTS (
                   SELECT FROM distribution_adjustment a WHERE a.commission_id = c.id AND a.state = 'posted'))
            """, list(line_ids), [row['id'] for row in existing.values()])))

    # === GETTERS === #

    def _get_rule_explanation_lines(self, trace, rule):
        """Override to say what a ladder gave in the period, and what of it is this line's share."""
        if 'ladder' not in trace:
            return super()._get_rule_explanation_lines(trace, rule)
        period_sudo = self.sudo().ladder_period_id
        ladder = Ladder(**trace['ladder'])
        whole = self._format_minor(reward(ladder, trace['sales']))
        sales = self._format_minor(trace['sales'])
        steps = ", ".join(
            self.env._("%(rate)s %% from %(bound)s", rate=f"{rate / 10_000:g}", bound=self._format_minor(lower))
            for lower, rate in ladder.steps)
        if ladder.method == 'whole':
            given = self.env._("The step that they reach pays on all of them (%(steps)s): %(whole)s",
                               steps=steps, whole=whole)
        else:
            given = self.env._("Each step pays on its part of them (%(steps)s): %(whole)s", steps=steps, whole=whole)
        return [
            self.env._("Your own sales from %(days)s that count for this ladder: %(sales)s",
                       days=period_sudo._get_days_text(), sales=sales),
            given,
            self.env._("This line's share of it, by what the line is worth: %s",
                       self._format_minor(trace['before_cap'])),
        ]

    def _get_cut_line(self, step, trace):
        """Override to name what the limits of the order, and what was adjusted, leave."""
        if step['by'] == 'left':
            return self.env._("The limits of the order leave this line %s.", self._format_minor(step['limit']))
        if step['by'] == 'adjusted':
            return self.env._(
                "Another commission on this line was adjusted; the policy leaves %s.", self._format_minor(step['limit']))
        return super()._get_cut_line(step, trace)

    def _get_passed_over_lines(self):
        """Override to name the ladders that stood above."""
        trace = self.explanation or {}
        if 'ladder' not in trace:
            return super()._get_passed_over_lines()
        ladders = self.env['distribution.plan.ladder'].browse(ladder_id for ladder_id, _reason in trace['passed_over'])
        reasons = ladders._get_reason_labels()
        return [
            self.env._("Passed over: %(rule)s. Did not fit: %(reason)s", rule=ladder.display_name,
                       reason=reasons.get(reason, reason))
            for ladder, (_id, reason) in zip(ladders, trace['passed_over'], strict=True)
        ]
