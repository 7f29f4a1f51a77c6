from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    identity_ids = fields.One2many(
        comodel_name='distribution.identity', inverse_name='distributor_id',
        groups='distribution_core.group_distribution_user')
    payee_account_ids = fields.One2many(
        comodel_name='distribution.payee.account', inverse_name='distributor_id', string="Payee Accounts",
        groups='distribution_core.group_distribution_user')
    is_identified = fields.Boolean(
        string="Identity Verified", compute='_compute_is_identified', search='_search_is_identified',
        groups='distribution_core.group_distribution_user')

    # === COMPUTE METHODS === #

    @api.depends('identity_ids.verified_at')
    def _compute_is_identified(self):
        for distributor in self:
            distributor.is_identified = any(identity.verified_at for identity in distributor.identity_ids)

    def _search_is_identified(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('identity_ids', 'any', [('verified_at', '!=', False)])]

    # === CONSTRAINT METHODS === #

    @api.constrains('company_id')
    def _check_company_of_secrets(self):
        """What is encrypted is bound to its company, and could not be read in another one."""
        if self.sudo().identity_ids or self.sudo().with_context(active_test=False).payee_account_ids:
            raise ValidationError(self.env._("A distributor with an identity or accounts stays in its company."))

    # === ACTION METHODS === #

    def action_view_identity(self):
        """Smart button: who the distributor really is."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_identity_action'),
            'view_mode': 'form',
            'views': [(False, 'form')],
            'res_id': self.identity_ids.id,
            'context': {'default_distributor_id': self.id},
        }

    def action_view_payee_accounts(self):
        """Smart button: where the distributor is paid to."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_payee_account_action'),
            'domain': [('distributor_id', '=', self.id)],
            'context': {'default_distributor_id': self.id},
        }

    # === GETTERS === #

    def _get_retain_until(self):
        """Return until when law asks to keep who this distributor is; False if it does not.

        To be overridden by modules that pay. Nobody who was never paid needs to be known.

        :rtype: date|bool
        """
        self.ensure_one()
        return False
