from odoo import api, fields, models
from odoo.exceptions import ValidationError

CYCLES = [
    ('demand', "On demand"),
    ('threshold', "As soon as enough is available"),
    ('day', "Every day"),
    ('week', "Every week"),
    ('half_month', "Twice a month"),
    ('month', "Every month"),
]


class ResCompany(models.Model):
    _inherit = 'res.company'

    distribution_settlement_cycle = fields.Selection(
        selection=CYCLES, string="Settlement Cycle", required=True, default='demand',
        help="When a settlement is prepared by itself. Periods are days of the company's time zone.")
    distribution_settlement_auto = fields.Boolean(
        string="Post Settlements by Themselves",
        help="A settlement that was prepared by itself is posted as well; large statements wait for a second person.")
    distribution_settlement_min_amount = fields.Monetary(
        string="Smallest Statement", help="Who has less available waits for the next settlement.")
    distribution_review_limit = fields.Monetary(
        string="Statements Without a Second Person", default=10_000.0,
        help="A larger statement is posted only after somebody else than who released the settlement approved it.")
    distribution_bill_tax_id = fields.Many2one(
        comodel_name='account.tax', string="Tax on Distributors' Bills", check_company=True,
        domain="[('type_tax_use', '=', 'purchase')]",
        help="Comes on top of the commissions of companies and sole traders, by way of their fiscal positions. "
             "Empty: the default purchase tax.")

    @api.constrains('distribution_settlement_min_amount', 'distribution_review_limit')
    def _check_distribution_amounts(self):
        for company in self:
            if min(company.distribution_settlement_min_amount, company.distribution_review_limit) < 0:
                raise ValidationError(self.env._("Limits of settlements cannot be negative."))


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    distribution_settlement_cycle = fields.Selection(
        related='company_id.distribution_settlement_cycle', readonly=False)
    distribution_settlement_auto = fields.Boolean(related='company_id.distribution_settlement_auto', readonly=False)
    distribution_settlement_min_amount = fields.Monetary(
        related='company_id.distribution_settlement_min_amount', readonly=False, currency_field='currency_id')
    distribution_review_limit = fields.Monetary(
        related='company_id.distribution_review_limit', readonly=False, currency_field='currency_id')
    distribution_bill_tax_id = fields.Many2one(related='company_id.distribution_bill_tax_id', readonly=False)
    distribution_journal_is_hashed = fields.Boolean(related='company_id.distribution_journal_id.restrict_mode_hash_table')
    distribution_has_audit_trail = fields.Boolean(related='company_id.restrictive_audit_trail')
