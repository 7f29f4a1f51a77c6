from odoo import api, fields, models

AMOUNT_FIELDS = {
    'pending_amount': 'pending',
    'available_amount': 'available',
    'held_amount': 'held',
    'billed_amount': 'billed',
    'payable_amount': 'payable',
    'reserved_amount': 'reserved',
    'paid_amount': 'paid',
    'withheld_amount': 'withheld',
}


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    currency_id = fields.Many2one(related='company_id.currency_id')
    balance_ids = fields.One2many(comodel_name='distribution.balance', inverse_name='distributor_id', readonly=True)
    pending_amount = fields.Monetary(string="Pending", compute='_compute_amounts')
    available_amount = fields.Monetary(string="Available", compute='_compute_amounts')
    held_amount = fields.Monetary(string="Held", compute='_compute_amounts', help="Under review.")
    billed_amount = fields.Monetary(
        string="Waiting for Invoice", compute='_compute_amounts',
        help="In statements that are paid as soon as the invoice is in.")
    payable_amount = fields.Monetary(string="Payable", compute='_compute_amounts')
    reserved_amount = fields.Monetary(string="In Payout", compute='_compute_amounts')
    paid_amount = fields.Monetary(string="Paid", compute='_compute_amounts')
    earned_amount = fields.Monetary(string="Earned", compute='_compute_amounts')

    # === COMPUTE METHODS === #

    @api.depends('balance_ids.amount')
    def _compute_amounts(self):
        amounts = {
            (distributor.id, bucket): amount
            for distributor, bucket, amount in self.env['distribution.balance']._read_group(
                [('distributor_id', 'in', self.ids)], ['distributor_id', 'bucket'], ['amount:sum'])
        }
        for distributor in self:
            for field_name, bucket in AMOUNT_FIELDS.items():
                distributor[field_name] = amounts.get((distributor.id, bucket), 0)
            distributor.earned_amount = -amounts.get((distributor.id, 'merchant'), 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `distribution_core` to open the balances."""
        distributors = super().create(vals_list)
        self.env['distribution.balance']._open(distributors)
        return distributors

    @api.ondelete(at_uninstall=False)
    def _unlink_balances(self):
        """Only drafts are deleted, see `distribution_core`; their balances are zero."""
        self.sudo().balance_ids.unlink()

    # === ACTION METHODS === #

    def action_view_commissions(self):
        """Smart button: the commissions of this distributor."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Commissions"),
            'res_model': 'distribution.commission',
            'view_mode': 'list,form,pivot',
            'domain': [('distributor_id', '=', self.id)],
        }

    # === GETTERS === #

    @api.model
    def _get_amount_fields(self):
        return AMOUNT_FIELDS

    def _get_retain_until(self):
        """Override of `distribution_core`: tax records name who was paid, for years after the last payout."""
        last_payout = self.env['distribution.payout'].sudo().search(
            [('distributor_id', '=', self.id), ('state', 'in', ('done', 'returned'))], order='done_at desc', limit=1)
        if not last_payout:
            return super()._get_retain_until()
        policy = self.env['distribution.policy'].sudo()._get_in_force(self.company_id)
        return fields.Date.add(last_payout.done_at.date(), years=policy.retention_years)
