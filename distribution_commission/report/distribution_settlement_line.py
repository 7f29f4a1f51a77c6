from odoo import api, fields, models
from odoo.tools import SQL


class DistributionSettlementLine(models.Model):
    """What a statement consists of, as it was when it was posted: commissions, and what was taken back since.

    Read from the ledger, so it cannot change: base, rate and adjustments are those that the settling
    transfer wrote down.

    +------------------+-----------------------------+------+-------+--------+--------+
    | group            | records                     | read | write | create | unlink |
    +==================+=============================+======+=======+========+========+
    | officer, finance | own companies'              | x    |       |        |        |
    | portal           | its own, billed and posted  | x    |       |        |        |
    +------------------+-----------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement.line'
    _description = "Settlement Statement Line"
    _auto = False
    _order = 'kind, id'
    _rec_name = 'order_name'
    _depends = {
        'distribution.commission': ['order_name', 'product_name', 'tier'],
        'distribution.settlement': ['company_id', 'distributor_id', 'state', 'transfer_ref_from', 'transfer_ref_until'],
        'distribution.transfer': ['amount', 'commission_id', 'explanation', 'settlement_id', 'source', 'destination'],
    }

    settlement_id = fields.Many2one(comodel_name='distribution.settlement', readonly=True)
    commission_id = fields.Many2one(comodel_name='distribution.commission', readonly=True)
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    kind = fields.Selection(
        selection=[('commission', "Commission"), ('taken_back', "Taken back after settlement")], readonly=True)
    posted_at = fields.Datetime(string="Date", readonly=True)
    order_name = fields.Char(string="Order", readonly=True)
    product_name = fields.Char(string="Product", readonly=True)
    tier = fields.Integer(readonly=True, aggregator=None)
    base_amount = fields.Monetary(string="Base", readonly=True, help="Net of tax, discounts and refunds.")
    rate = fields.Float(string="Rate (%)", digits=(5, 2), readonly=True, aggregator=None)
    step_amount = fields.Monetary(
        string="Ladder Step From", readonly=True,
        help="The step that the sales of the period had reached; the rate is what the ladder gives on all of them.")
    adjusted_amount = fields.Monetary(
        string="Of It, Adjustments", readonly=True, help="What persons changed about this commission altogether.")
    amount = fields.Monetary(readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT t.id, s.id AS settlement_id, s.company_id, s.distributor_id, t.commission_id, line.kind, t.posted_at,
                   c.order_name, c.product_name, c.tier,
                   (t.explanation #>> '{statement,base}')::numeric / minor.unit AS base_amount,
                   CASE WHEN t.explanation #>> '{statement,kind}' IN ('percent', 'ladder')
                        THEN (t.explanation #>> '{statement,value}')::numeric / 10000 END AS rate,
                   (t.explanation #>> '{statement,step}')::numeric / minor.unit AS step_amount,
                   (t.explanation #>> '{statement,adjusted}')::numeric / minor.unit AS adjusted_amount,
                   line.sign * t.amount AS amount
              FROM distribution_settlement s
              JOIN res_company company ON company.id = s.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
CROSS JOIN LATERAL (SELECT (10 ^ currency.decimal_places)::numeric AS unit) minor
CROSS JOIN LATERAL (
                   SELECT id, 'commission' AS kind, 1 AS sign
                     FROM distribution_transfer
                    WHERE settlement_id = s.id AND source = 'available'
                UNION ALL
                   SELECT id, 'taken_back', -1
                     FROM distribution_transfer
                    WHERE distributor_id = s.distributor_id AND source = 'payable' AND destination = 'merchant'
                      AND id > s.transfer_ref_from AND id <= s.transfer_ref_until
                   ) line
              JOIN distribution_transfer t ON t.id = line.id
              JOIN distribution_commission c ON c.id = t.commission_id
            """)
