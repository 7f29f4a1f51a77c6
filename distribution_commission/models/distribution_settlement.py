from odoo import api, fields, models


class DistributionSettlement(models.Model):
    """The statement of one distributor in a settlement run.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, finance | own companies'  | x    |       |        |        |
    | portal           | its own, posted | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement'
    _description = "Settlement Statement"
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    run_id = fields.Many2one(
        comodel_name='distribution.settlement.run', required=True, index=True, ondelete='cascade', readonly=True,
        groups='distribution_core.group_distribution_user')
    company_id = fields.Many2one(related='run_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date(related='run_id.date', store=True)
    state = fields.Selection(related='run_id.state', store=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    move_line_id = fields.Many2one(
        comodel_name='account.move.line', string="Journal Item", readonly=True, index='btree_not_null',
        ondelete='restrict', groups='distribution_core.group_distribution_user')
    transfer_ids = fields.One2many(
        comodel_name='distribution.transfer', inverse_name='settlement_id',
        groups='distribution_core.group_distribution_user')

    _run_distributor_uniq = models.UniqueIndex(
        '(run_id, distributor_id)', "A distributor has one statement in a run.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['name'] = self.env['ir.sequence'].next_by_code('distribution.settlement')
        return super().create(vals_list)
