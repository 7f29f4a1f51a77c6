from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = 'product.category'

    property_distribution_expense_account_id = fields.Many2one(
        comodel_name='account.account',
        string="Commission Expense Account",
        company_dependent=True,
        ondelete='restrict',
        groups='account.group_account_readonly',
        help="Where commissions on products of this category are booked. "
             "Empty: as the category above it, and at last as the settings of Distribution say.",
    )
