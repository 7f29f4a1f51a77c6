from odoo import api, fields, models
from odoo.tools import SQL


class DistributionPayoutReport(models.Model):
    """The list of payouts: who is paid what, through which channel, how much of it is tax.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payout.report'
    _description = "Payout List"
    _auto = False
    _order = 'id desc'
    _rec_name = 'payout_id'
    _depends = {
        'distribution.distributor': ['kind', 'partner_id'],
        'distribution.payout': [
            'amount', 'channel_id', 'company_id', 'distributor_id', 'done_at', 'payment_id', 'state', 'withdrawal_id'],
        'distribution.transfer': ['amount', 'destination', 'withdrawal_id'],
        'distribution.withdrawal': ['requested_at'],
    }

    payout_id = fields.Many2one(comodel_name='distribution.payout', readonly=True)
    withdrawal_id = fields.Many2one(comodel_name='distribution.withdrawal', readonly=True)
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    partner_id = fields.Many2one(comodel_name='res.partner', string="Payee", readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env['distribution.distributor']._fields['kind']._description_selection(self.env),
        string="Kind of Payee", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    channel_id = fields.Many2one(comodel_name='distribution.payout.channel', readonly=True)
    payment_id = fields.Many2one(comodel_name='account.payment', readonly=True)
    requested_at = fields.Datetime(readonly=True)
    done_at = fields.Datetime(string="Paid on", readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env['distribution.payout']._fields['state']._description_selection(self.env),
        readonly=True)
    amount = fields.Monetary(string="Gross", readonly=True)
    withheld_amount = fields.Monetary(string="Tax Withheld", readonly=True)
    net_amount = fields.Monetary(string="Net", readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT p.id, p.id AS payout_id, p.withdrawal_id, p.distributor_id, d.partner_id, d.kind, p.company_id,
                   p.channel_id, p.payment_id, w.requested_at, p.done_at, p.state, p.amount,
                   tax.amount AS withheld_amount, p.amount - tax.amount AS net_amount
              FROM distribution_payout p
              JOIN distribution_withdrawal w ON w.id = p.withdrawal_id
              JOIN distribution_distributor d ON d.id = p.distributor_id
CROSS JOIN LATERAL (
                   SELECT COALESCE(SUM(t.amount), 0) AS amount
                     FROM distribution_transfer t
                    WHERE t.withdrawal_id = p.withdrawal_id AND t.destination = 'withheld' AND p.state = 'done'
                   ) tax
            """)
