from odoo import api, fields, models

from ..attribution import AGENTS
from .distribution_policy import PAID_TIERS_CEILING

# Every place from which somebody may earn on an order: tiers, and beside them the agents of its areas.
ROLES = (*range(1, PAID_TIERS_CEILING + 1), *AGENTS.values())
ROLES_SQL = f"({', '.join(map(str, ROLES))})"


class DistributionRoleMixin(models.AbstractModel):
    """Names the place from which somebody earns: the number in `tier`, in words.

    One number for both keeps one key, one order and one limit for all: tiers count up from the one
    credited with the sale, agents stand behind them, the smaller area first.
    """
    _name = 'distribution.role.mixin'
    _description = "Role in a Sale"

    role = fields.Selection(
        selection='_selection_role', compute='_compute_role', inverse='_inverse_role', compute_sudo=True,
        help="A tier of the chain above the sale, or the regional agent of the area to which it is delivered.")

    # === COMPUTE METHODS === #

    @api.depends('tier')
    def _compute_role(self):
        for record in self:
            record.role = str(record.tier) if record.tier in ROLES else False

    def _inverse_role(self):
        for record in self:
            record.tier = int(record.role)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take the number from the role at once: a row that is first written with the default may not be unique."""
        return super().create([
            {**vals, 'tier': int(vals['role'])} if vals.get('role') else vals for vals in vals_list])

    # === GETTERS === #

    @api.model
    def _selection_role(self):
        return [
            *((str(tier), self.env._("Tier %s", tier)) for tier in range(1, PAID_TIERS_CEILING + 1)),
            (str(AGENTS['district']), self.env._("Agent of the district")),
            (str(AGENTS['city']), self.env._("Agent of the city")),
            (str(AGENTS['province']), self.env._("Agent of the province")),
        ]

    def _is_agent(self):
        self.ensure_one()
        return self.tier in AGENTS.values()

    @api.model
    def _get_role_name(self, tier):
        """Return what the place with a number is called."""
        return dict(self._selection_role())[str(tier)]
