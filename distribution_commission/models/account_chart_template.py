from odoo import models


class AccountChartTemplate(models.AbstractModel):
    _inherit = 'account.chart.template'

    def _post_load_data(self, template_code, company, template_data):
        """Override of `account` to prepare journal and accounts for commissions with the chart."""
        res = super()._post_load_data(template_code, company, template_data)
        company._distribution_setup_accounting()
        return res
