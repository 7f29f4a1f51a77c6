from odoo import api, fields, models

_PAYEES = ('individual', 'nonresident', 'sole_trader', 'company')


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    distribution_tax_account_id = fields.Many2one(related='company_id.distribution_tax_account_id', readonly=False)
    distribution_platform_role = fields.Selection(related='company_id.distribution_platform_role', readonly=False)
    distribution_tax_individual_id = fields.Many2one(
        related='company_id.distribution_tax_individual_id', readonly=False)
    distribution_tax_nonresident_id = fields.Many2one(
        related='company_id.distribution_tax_nonresident_id', readonly=False)
    distribution_tax_sole_trader_id = fields.Many2one(
        related='company_id.distribution_tax_sole_trader_id', readonly=False)
    distribution_tax_company_id = fields.Many2one(related='company_id.distribution_tax_company_id', readonly=False)
    distribution_tax_text = fields.Text(string="In Force", compute='_compute_distribution_tax_text')

    # === COMPUTE METHODS === #

    @api.depends('company_id', 'distribution_platform_role', *(f'distribution_tax_{payee}_id' for payee in _PAYEES))
    def _compute_distribution_tax_text(self):
        """Say what the saved and the unsaved settings come to."""
        for settings in self:
            settings.distribution_tax_text = "\n".join(
                f"{settings._fields[name]._description_string(self.env)}: {scheme}"
                for name, scheme in settings._get_distribution_tax_schemes())

    # === GETTERS === #

    def _get_distribution_tax_schemes(self):
        for payee in _PAYEES:
            name = f'distribution_tax_{payee}_id'
            is_platform = payee == 'individual' and self.distribution_platform_role == 'platform'
            default_sudo = self.company_id.sudo()._distribution_get_default_tax_scheme(
                'platform' if is_platform else payee)
            yield name, (self[name].sudo() or default_sudo).name or self.env._("nothing is withheld")
