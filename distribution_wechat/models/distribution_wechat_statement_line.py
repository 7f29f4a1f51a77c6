from odoo import fields, models

# What moves, and is compared.
KINDS = [
    ('payment', "Payment"),
    ('refund', "Refund"),
    ('transfer', "Transfer"),
    ('share', "Share of a Payment"),
    ('return', "Return of a Share"),
    ('fee', "Fee"),
]


class DistributionWechatStatementLine(models.Model):
    """A line of a statement of WeChat Pay, and what it is about here.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | finance       | own companies'  | x    |       |        |        |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.statement.line'
    _description = "Line of a WeChat Pay Statement"
    _order = 'statement_id, id'
    _rec_name = 'number'
    _log_access = False

    statement_id = fields.Many2one(
        comodel_name='distribution.wechat.statement', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='statement_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='statement_id.currency_id')
    occurred_at = fields.Datetime(string="Time", required=True, readonly=True)
    kind = fields.Selection(
        selection=[*KINDS, ('other', "Other Movement")], required=True, readonly=True)
    number = fields.Char(readonly=True)
    platform_number = fields.Char(string="WeChat's Number", readonly=True)
    flow_number = fields.Char(string="Number of the Movement", readonly=True)
    amount = fields.Monetary(readonly=True, help="Below zero when it leaves.")
    fee = fields.Monetary(
        readonly=True, help="What is kept of a payment. In movements: what a refund leaves less, as it is given back.")
    balance = fields.Monetary(string="Balance after It", readonly=True)
    platform_state = fields.Char(string="State at WeChat Pay", readonly=True)
    title = fields.Char(string="What", readonly=True)
    remark = fields.Char(readonly=True)
    transaction_id = fields.Many2one(
        comodel_name='payment.transaction', readonly=True, index='btree_not_null', ondelete='set null')
    transfer_id = fields.Many2one(
        comodel_name='distribution.wechat.bill', readonly=True, index='btree_not_null', ondelete='set null')
    share_id = fields.Many2one(
        comodel_name='distribution.wechat.share', readonly=True, index='btree_not_null', ondelete='set null')
    return_id = fields.Many2one(
        comodel_name='distribution.wechat.return', readonly=True, index='btree_not_null', ondelete='set null')
    bank_line_id = fields.Many2one(
        comodel_name='account.bank.statement.line', string="Bank Statement Line", readonly=True,
        index='btree_not_null', ondelete='set null')
