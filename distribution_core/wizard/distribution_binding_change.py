from odoo import fields, models


class DistributionBindingChange(models.TransientModel):
    """Ask whose customers somebody shall be, and why; both sides are told."""
    _name = 'distribution.binding.change'
    _description = "Change of Customer Bindings"

    partner_ids = fields.Many2many(comodel_name='res.partner', string="Customers", required=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, default=lambda self: self.env.company)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor',
        domain="[('company_id', '=', company_id), ('state', '=', 'active')]",
        help="Empty: the customers belong to nobody.",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """End the bindings there are and begin the next. Orders confirmed before stay as they were."""
        self.ensure_one()
        self.env['distribution.binding'].sudo().with_company(self.company_id)._change(
            self.partner_ids, self.distributor_id, self.reason)
        return {'type': 'ir.actions.act_window_close'}
