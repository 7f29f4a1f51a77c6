from odoo import api, fields, models
from odoo.tools import SQL


class DistributionCommissionReport(models.Model):
    """Commissions by what was sold, by whom, at which level, when and where.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.commission.report'
    _description = "Commission Analysis"
    _auto = False
    _order = 'created_at desc, id desc'
    _rec_name = 'order_name'
    _depends = {
        'distribution.attribution': ['order_id'],
        'distribution.attribution.tier': ['attribution_id', 'level_id', 'tier'],
        'distribution.commission': [
            'attribution_id', 'available_amount', 'base_amount', 'company_id', 'created_at', 'distributor_id',
            'earned_amount', 'held_amount', 'order_line_id', 'order_name', 'pending_amount', 'rule_id',
            'settled_amount', 'tier',
        ],
        'res.partner': ['country_id', 'state_id'],
        'sale.order': ['partner_shipping_id'],
        'sale.order.line': ['product_id'],
    }

    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    level_id = fields.Many2one(
        comodel_name='distribution.level', readonly=True, help="When the order was confirmed.")
    tier = fields.Integer(readonly=True, aggregator=None)
    rule_id = fields.Many2one(comodel_name='distribution.plan.rule', readonly=True)
    order_name = fields.Char(string="Order", readonly=True)
    product_id = fields.Many2one(comodel_name='product.product', readonly=True)
    categ_id = fields.Many2one(comodel_name='product.category', string="Product Category", readonly=True)
    state_id = fields.Many2one(comodel_name='res.country.state', string="Province", readonly=True)
    country_id = fields.Many2one(comodel_name='res.country', readonly=True)
    created_at = fields.Datetime(string="Earned on", readonly=True)
    base_amount = fields.Monetary(string="Base", readonly=True)
    earned_amount = fields.Monetary(string="Commission", readonly=True)
    pending_amount = fields.Monetary(string="Pending", readonly=True)
    available_amount = fields.Monetary(string="Available", readonly=True)
    held_amount = fields.Monetary(string="Held", readonly=True)
    settled_amount = fields.Monetary(string="Settled", readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT c.id, c.company_id, c.distributor_id, tier.level_id, c.tier, c.rule_id, c.order_name, l.product_id,
                   template.categ_id, partner.state_id, partner.country_id, c.created_at, c.base_amount,
                   c.earned_amount, c.pending_amount, c.available_amount, c.held_amount, c.settled_amount
              FROM distribution_commission c
              JOIN distribution_attribution a ON a.id = c.attribution_id
         LEFT JOIN distribution_attribution_tier tier ON tier.attribution_id = a.id AND tier.tier = c.tier
         LEFT JOIN sale_order o ON o.id = a.order_id
         LEFT JOIN res_partner partner ON partner.id = o.partner_shipping_id
         LEFT JOIN sale_order_line l ON l.id = c.order_line_id
         LEFT JOIN product_product product ON product.id = l.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
            """)
