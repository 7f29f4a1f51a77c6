from odoo import models
from odoo.tools import format_amount

from odoo.addons.distribution_core.attribution import AGENTS

from ..engine import get_cuts


class DistributionCommission(models.Model):
    """What the kernel's traces hold, in plain words."""
    _inherit = 'distribution.commission'

    def _get_explanation_lines(self):
        """Say in plain words how the amount comes about.

        :rtype: list[str]
        """
        self.ensure_one()
        trace = self.sudo().explanation
        if not trace:
            return [self.env._("The sale was cancelled or refunded, so nothing is earned on it.")]
        base, rule = trace['base'], trace.get('rule')
        lines = [self.env._("Sold, without tax: %s", self._format_minor(base['sold']))]
        if base['refunded']:
            lines.append(self.env._("Refunded: %s", self._format_minor(-base['refunded'])))
        if base['discount']:
            lines.append(self.env._("Share of the order's discounts: %s", self._format_minor(base['discount'])))
        lines.append(self.env._("Commission base: %s", self._format_minor(base['net'])))
        lines += [*self._get_territory_lines(), *self._get_rule_explanation_lines(trace, rule)]
        if cut_lines := self._get_cut_explanation_lines(trace):
            lines += [*cut_lines, self.env._("So it was cut to %s.", self._format_minor(trace['amount']))]
        lines += self._get_adjustment_lines()
        if not self.base_amount:
            lines.append(self.env._("Taken back since: the sale was cancelled or refunded."))
        return lines

    def _get_adjustment_lines(self):
        """Hook: what persons changed about it, in words."""
        return []

    def _get_rule_explanation_lines(self, trace, rule):
        amount = self._format_minor(trace['before_cap'])
        if rule['kind'] == 'percent':
            return [self.env._(
                "%(role)s earns %(rate)s %%: %(amount)s",
                role=self._get_role_name(trace['tier']), rate=f"{rule['value'] / 10_000:g}", amount=amount)]
        if rule['kind'] == 'fixed':
            return [self.env._(
                "%(role)s earns %(value)s per unit: %(amount)s",
                role=self._get_role_name(trace['tier']), value=self._format_minor(rule['value']), amount=amount)]
        return self._get_kind_explanation_lines(trace, rule)

    def _format_minor(self, amount):
        return format_amount(self.env, amount / 10 ** self.currency_id.decimal_places, self.currency_id)

    def _get_territory_lines(self):
        """Say which area made the distributor an agent of the order, as pinned at its confirmation.

        :rtype: list[str]
        """
        self.ensure_one()
        kind = {tier: kind for kind, tier in AGENTS.items()}.get(self.tier)
        if not kind:
            return []
        territory_id = self.sudo().attribution_id.evidence['territories'][kind]
        territory_sudo = self.env['distribution.territory'].sudo().browse(territory_id)
        return [self.env._("Regional agent of %s, where the order was delivered.", territory_sudo.display_name)]

    def _get_kind_explanation_lines(self, trace, rule):
        """Say how a rule came to its amount, by its kind. Override to add the words of another kind.

        :param dict trace:
        :param dict rule: The terms of the rule, from the trace.
        :rtype: list[str]
        """
        describe = {
            'fixed_order': self._get_fixed_order_lines,
            'bands_amount': self._get_bands_lines,
            'bands_quantity': self._get_bands_lines,
            'differential': self._get_differential_lines,
            'margin': self._get_margin_lines,
        }.get(rule['kind'], self._get_plain_lines)
        return describe(trace, rule)

    def _get_plain_lines(self, trace, rule):
        return [self.env._(
            "%(role)s earns: %(amount)s",
            role=self._get_role_name(trace['tier']), amount=self._format_minor(trace['before_cap']))]

    def _get_fixed_order_lines(self, trace, rule):
        return [self.env._(
            "%(role)s earns %(value)s per order, shared over the %(count)s lines that it is paid on. "
            "This line's share: %(amount)s",
            role=self._get_role_name(trace['tier']), value=self._format_minor(rule['value']),
            count=len(trace['sale']['shares']), amount=self._format_minor(trace['before_cap']))]

    def _get_bands_lines(self, trace, rule):
        by_quantity = rule['kind'] == 'bands_quantity'
        measure = trace['sale']['admitted_quantity' if by_quantity else 'admitted_base']
        lower, rate = max((bound, rate) for bound, rate in rule['bands'] if bound <= measure)

        def show(bound):
            return f"{bound / 1000:g}" if by_quantity else self._format_minor(bound)
        return [self.env._(
            "All lines of the order that the rule pays come to %(measure)s: the band from %(bound)s. "
            "%(role)s earns %(rate)s %%: %(amount)s",
            measure=show(measure), bound=show(lower), role=self._get_role_name(trace['tier']),
            rate=f"{rate / 10_000:g}", amount=self._format_minor(trace['before_cap']))]

    def _get_differential_lines(self, trace, rule):
        return [self.env._(
            "%(role)s earns %(rate)s %% less the %(below)s that lower tiers earn: %(amount)s",
            role=self._get_role_name(trace['tier']), rate=f"{rule['value'] / 10_000:g}",
            below=self._format_minor(trace['sale']['below']), amount=self._format_minor(trace['before_cap']))]

    def _get_margin_lines(self, trace, rule):
        # No cost in words: distributors read this, and it is the merchant's secret.
        return [self.env._(
            "%(role)s earns %(rate)s %% of what is left after the cost: %(amount)s",
            role=self._get_role_name(trace['tier']), rate=f"{rule['value'] / 10_000:g}",
            amount=self._format_minor(trace['before_cap']))]

    def _get_cut_explanation_lines(self, trace):
        """Say which limits the amount was cut to.

        :rtype: list[str]
        """
        return [self._get_cut_line(step, trace) for step in get_cuts(trace)]

    def _get_cut_line(self, step, trace):
        if step['by'] == 'line':
            return self.env._(
                "All commissions on this line together are limited to %(cap)s %% of the base: %(limit)s.",
                cap=f"{step['ppm'] / 10_000:g}", limit=self._format_minor(step['limit']))
        if step['by'] == 'margin':
            return self.env._("All commissions on this line together are limited to what is left after the cost.")
        if step['by'] == 'tier':
            return self.env._(
                "One tier earns %(limit)s on an order at most.", limit=self._format_minor(step['limit']))
        return self.env._(
            "All commissions on an order together are limited to %(limit)s.", limit=self._format_minor(step['limit']))

    def _get_passed_over_lines(self):
        """Say which rules stood above the one that paid, and what of the sale did not fit them.

        :rtype: list[str]
        """
        self.ensure_one()
        passed_over = (self.explanation or {}).get('passed_over', [])
        rules = self.env['distribution.plan.rule'].browse(rule_id for rule_id, _reason in passed_over)
        reasons = rules._get_reason_labels()
        return [
            self.env._("Passed over: %(rule)s. Did not fit: %(reason)s", rule=rule.display_name,
                       reason=reasons.get(reason, reason))
            for rule, (_id, reason) in zip(rules, passed_over, strict=True)
        ]
