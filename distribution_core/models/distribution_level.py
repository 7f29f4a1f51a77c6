from odoo import fields, models


class DistributionLevel(models.Model):
    """A rank of distributors; plans may pay levels differently."""
    _name = 'distribution.level'
    _description = "Distributor Level"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    description = fields.Text(help="What this level means, in words for the distributor.", translate=True)
    company_id = fields.Many2one(
        comodel_name='res.company',
        index=True,
        default=lambda self: self.env.company,
        help="Empty: this level serves all companies.",
    )
