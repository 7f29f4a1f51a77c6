from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DistributionPlanVersion(models.Model):
    """Names the coupon that thanks for a referral.

    Beside cash when a rule pays tier 1, instead of it when none does: the rules say all about cash.
    """
    _inherit = 'distribution.plan.version'

    coupon_program_id = fields.Many2one(
        comodel_name='loyalty.program',
        string="Coupon",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
        domain="[('program_type', '=', 'coupons'), ('company_id', 'in', (company_id, False))]",
        help="Whoever is credited with an order gets a coupon of this program when the order is paid, delivered and "
             "its hold is over: one for each order. Leave out rules for tier 1 to give it instead of money.",
    )
    coupon_points = fields.Float(string="Points of the Coupon", default=1.0, help="What the coupon holds to be used.")
    coupon_days = fields.Integer(string="Coupon Valid (Days)", help="From the day it is given. 0: for ever.")

    _check_coupon = models.Constraint(
        'CHECK (coupon_program_id IS NULL OR coupon_points > 0 AND coupon_days >= 0)',
        "A coupon holds points, and is valid for some days or for ever.")

    # === CONSTRAINT METHODS === #

    @api.constrains('coupon_program_id')
    def _check_coupon_program(self):
        """A card that is topped up, spent and passed on would be a purse, and needs a licence."""
        for version in self:
            if version.coupon_program_id and version.coupon_program_id.program_type != 'coupons':
                raise ValidationError(self.env._("Only a coupon can thank for a referral, no card that holds money."))

    # === GETTERS === #

    def _pays_anybody(self):
        """Override of `distribution_commission`: a coupon is something."""
        return super()._pays_anybody() or bool(self.coupon_program_id)

    def _get_diff_lines(self, other):
        """Override of `distribution_commission` to say when the coupon changes."""
        lines = super()._get_diff_lines(other)
        old, new = other._get_coupon_words(), self._get_coupon_words()
        if old != new:
            lines.append(self.env._("Coupon: %(old)s → %(new)s", old=old or "–", new=new or "–"))
        return lines

    def _prepare_dossier(self):
        """Override of `distribution_commission` to keep what the coupon is."""
        return {**super()._prepare_dossier(), 'coupon': self._get_coupon_words()}

    def _get_coupon_words(self):
        """Return the coupon as people read it, or nothing."""
        self.ensure_one()
        program_sudo = self.sudo().coupon_program_id
        if not program_sudo:
            return ""
        rewards = ", ".join(program_sudo.reward_ids.mapped('description'))
        words = f"{program_sudo.name} ({rewards}), {self.coupon_points:g} {program_sudo.portal_point_name}"
        return self.env._("%(coupon)s, valid for %(days)s days", coupon=words, days=self.coupon_days) \
            if self.coupon_days else words
