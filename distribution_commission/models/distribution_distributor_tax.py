from odoo import fields, models

from ..tax import decide


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    is_tax_resident = fields.Boolean(
        string="Tax Resident", default=True, tracking=True,
        help="Of the country that the company withholds tax for. Counts for individuals.")
    tax_scheme_id = fields.Many2one(
        comodel_name='distribution.tax.scheme',
        string="Other Tax Scheme",
        check_company=True,
        ondelete='restrict',
        index='btree_not_null',
        tracking=True,
        groups='distribution_commission.group_distribution_finance',
        help="In the stead of what the company's settings say for this kind of payee.",
    )
    withheld_amount = fields.Monetary(string="Tax Withheld", compute='_compute_amounts')

    # === GETTERS === #

    def _get_tax_scheme(self):
        """Return how payouts to this distributor are taxed.

        :return: Empty: nothing is withheld.
        :rtype: distribution.tax.scheme
        """
        self.ensure_one()
        company = self.company_id
        decision = decide(
            self.kind, is_resident=self.is_tax_resident, is_platform=company.distribution_platform_role == 'platform')
        return self.tax_scheme_id or company._distribution_get_tax_scheme(decision.payee)
