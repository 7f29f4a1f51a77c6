from odoo import fields, models

from .distribution_role_mixin import ROLES_SQL


class DistributionAttributionTier(models.Model):
    """One member of the chain of an order, or a regional agent, with the level it had at confirmation."""
    _name = 'distribution.attribution.tier'
    _description = "Tier of an Attribution"
    _inherit = ['distribution.role.mixin']
    _order = 'attribution_id, tier'
    _log_access = False

    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution', required=True, ondelete='cascade', readonly=True, index=True)
    company_id = fields.Many2one(related='attribution_id.company_id')
    tier = fields.Integer(required=True, readonly=True, help="1: credited with the sale, 2: its upline, and so on. 11 to 13: "
                                                           "the agent of the district, the city, the province.")
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='restrict', readonly=True)
    level_id = fields.Many2one(comodel_name='distribution.level', ondelete='restrict', readonly=True)
    refusal = fields.Selection(
        selection=[
            ('inactive', "Not active"), ('unaccepted', "Agreement not accepted"), ('self', "Is the buyer"),
        ],
        string="Earns Nothing because",
        readonly=True,
    )

    _distributor_idx = models.Index('(distributor_id, attribution_id)')     # The latest orders of one, however many.
    _tier_uniq = models.UniqueIndex('(attribution_id, tier)', "A tier has one distributor.")
    _check_tier = models.Constraint(
        f'CHECK (tier IN {ROLES_SQL})', "No more than three tiers are ever recorded, and the agents of three areas.")
