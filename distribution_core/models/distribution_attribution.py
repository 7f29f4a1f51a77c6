from odoo import api, fields, models
from odoo.tools import SQL


class DistributionAttribution(models.Model):
    """Whom an order is credited to: decided and pinned when the order is confirmed, never edited.

    Without a distributor it records that all claims were refused, and why.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | own companies'   | x    |       |        |        |
    | finance          | own companies'   | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.attribution'
    _description = "Order Attribution"
    _order = 'id desc'
    _rec_name = 'order_id'
    _log_access = False

    order_id = fields.Many2one(
        comodel_name='sale.order', required=True, ondelete='restrict', readonly=True, index=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', ondelete='restrict', readonly=True)
    source = fields.Selection(
        selection=[
            ('staff', "Staff entry"), ('binding', "Bound customer"), ('code', "Code typed"), ('scan', "Scan"),
            ('visit', "Visit"),
        ],
        readonly=True,
    )
    touch_id = fields.Many2one(
        comodel_name='distribution.touch', index='btree_not_null', ondelete='set null', readonly=True)
    policy_id = fields.Many2one(
        comodel_name='distribution.policy', required=True, ondelete='restrict', readonly=True, index=True)
    pinned_at = fields.Datetime(required=True, readonly=True)
    evidence = fields.Json(
        readonly=True,
        help="The winning claim, the refused ones with their reasons, and what the decision was made from.",
    )
    binding_due = fields.Boolean(readonly=True, help="The customer's binding has not followed this order yet.")
    tier_ids = fields.One2many(
        comodel_name='distribution.attribution.tier', inverse_name='attribution_id', readonly=True)

    _distributor_idx = models.Index('(distributor_id, pinned_at) WHERE distributor_id IS NOT NULL')
    _order_uniq = models.UniqueIndex('(order_id)', "An order is attributed once.")
    _binding_due_idx = models.Index('(pinned_at, id) WHERE binding_due')

    # === ACTION METHODS === #

    def action_replay(self):
        """Button: judge the evidence again under another policy."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_attribution_replay_action'),
            'context': {'default_attribution_id': self.id, 'default_policy_id': self.policy_id.id},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _pin(self, vals_list):
        """Insert attributions and their tiers, in one statement.

        :param list[dict] vals_list: Column values; under `tiers` the tuples
            (tier, distributor id, level id, refusal).
        """
        if not vals_list:
            return
        columns = [name for name in vals_list[0] if name != 'tiers']
        rows = [SQL("(%s)", SQL(", ").join(vals[name] for name in columns)) for vals in vals_list]
        tiers = [SQL("(%s, %s, %s, %s, %s)", vals['order_id'], *tier) for vals in vals_list for tier in vals['tiers']]
        insert = SQL(
            "INSERT INTO distribution_attribution (%s) VALUES %s RETURNING id, order_id",
            SQL(", ").join(SQL.identifier(name) for name in columns), SQL(", ").join(rows),
        )
        self.env.execute_query(SQL(
            """
            WITH attribution AS (%s)
            INSERT INTO distribution_attribution_tier (attribution_id, tier, distributor_id, level_id, refusal)
                 SELECT attribution.id, t.tier, t.distributor_id, t.level_id::int, t.refusal
                   FROM attribution
                   JOIN (VALUES %s) AS t(order_id, tier, distributor_id, level_id, refusal) USING (order_id)
              RETURNING id
            """, insert, SQL(", ").join(tiers)) if tiers else insert)
        self.env['distribution.attribution.tier'].invalidate_model()
        self.invalidate_model()
        self.env['sale.order'].invalidate_model(['attribution_ids'])
