from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class DistributionVerifiedMixin(models.AbstractModel):
    """Encrypted facts about a distributor that somebody has verified; a change takes that back."""
    _name = 'distribution.verified.mixin'
    _description = "Verified Facts about a Distributor"
    _inherit = ['distribution.secret.mixin']

    # Fields, besides the secrets, that a verification is about.
    _verified_fields = ()

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', index=True)
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, precompute=True, index=True)
    verified_at = fields.Datetime(string="Verified on", readonly=True, copy=False)
    verified_by_id = fields.Many2one(
        comodel_name='res.users', string="Verified by", readonly=True, copy=False,
        groups='distribution_core.group_distribution_user')
    erase_on = fields.Date(
        string="Kept until", readonly=True, copy=False,
        help="Locked after a request to erase: only kept, because the law asks for it, and erased on this day.")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_written(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_written(vals)
        if not self.env.su and any(record.erase_on for record in self):
            raise UserError(self.env._("This is locked until it is erased."))
        res = super().write(vals)
        if not vals.keys().isdisjoint(self._verified_fields):
            self.filtered('verified_at')._set_unverified()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_verified(self):
        if any(record.verified_at or record.erase_on for record in self):
            raise UserError(self.env._("What was verified is kept. Use a privacy request to erase it."))

    # === ACTION METHODS === #

    def action_verify(self):
        """Button: confirm that the facts are right."""
        for record in self:
            record.check_access('write')
            record._check_verifiable()
            record.sudo().write({'verified_at': fields.Datetime.now(), 'verified_by_id': self.env.uid})
            self.env['distribution.privacy.log']._append('verify', record)

    def action_reveal(self):
        """Button: ask why, then show a secret once."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_reveal_action'),
            'context': {
                'default_model': self._name,
                'default_res_id': self.id,
                'default_field_name': self.env.context.get('field_name'),
            },
        }

    # === BUSINESS METHODS === #

    def _set_secrets(self, typed):
        """Override of the mixin: what is typed anew has to be verified anew."""
        super()._set_secrets(typed)
        if typed and self.verified_at:
            self._set_unverified()

    def _set_unverified(self):
        self.sudo().write({'verified_at': False, 'verified_by_id': False})

    def _erase_secrets(self):
        """Override of the mixin to take the verification away too."""
        super()._erase_secrets()
        self.sudo().write({'erase_on': False, 'verified_at': False, 'verified_by_id': False})

    # === GETTERS === #

    def _check_verifiable(self):
        """Check that everything is there and fits; to be extended.

        :raise UserError:
        """
        self.ensure_one()
        for name in self._secrets:
            if not self.sudo()[f'{name}_encrypted']:
                raise UserError(self.env._(
                    "“%s” is missing.", self._fields[name]._description_string(self.env)))

    def _check_written(self, vals):
        """Whoever may edit the facts cannot say by writing that they are verified."""
        masked = {f'{name}_masked' for name in self._secrets}
        if not self.env.su and not vals.keys().isdisjoint(masked | {'verified_at', 'verified_by_id', 'erase_on'}):
            raise AccessError(self.env._("These fields are filled in by the system."))
