from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.distribution_core.crypto import normalize

_PHONE_LENGTH_MIN = 7


class PrivacyLookupWizard(models.TransientModel):
    _inherit = 'privacy.lookup.wizard'

    email = fields.Char(required=False)     # Who logs in without an e-mail is a person, too.
    phone = fields.Char()
    identity_number = fields.Char(
        compute='_compute_identity_number', inverse='_inverse_identity_number', exportable=False,
        help="Not stored: compared with the encrypted numbers.")
    identity_ids = fields.Many2many(comodel_name='distribution.identity')

    # === COMPUTE METHODS === #

    def _compute_identity_number(self):
        self.identity_number = False

    def _inverse_identity_number(self):
        """Find the identities at once and keep them, not the number."""
        for wizard in self:
            number = normalize(wizard.identity_number)
            wizard.invalidate_recordset(['identity_number'], flush=False)
            wizard.identity_ids = wizard._get_identities(number) if number else False

    # === GETTERS === #

    @api.model
    def _get_identities(self, number):
        """Return the identities with this number, of all companies."""
        identity_sudo = self.env['distribution.identity'].sudo()
        indexes = []
        for company in self.env['res.company'].sudo().search([]):  # pylint: disable=no-search-all
            place = identity_sudo.new({'company_id': company.id})._get_secret_context('number')
            indexes += identity_sudo._get_keyring().blind_indexes(number, place)
        return identity_sudo.search([('number_index', 'in', indexes)])

    def _get_query(self):
        """Override of `privacy_lookup` to find persons by phone and identity number as well."""
        phone = ''.join(filter(str.isdigit, self.phone or ''))
        if not self.email and len(phone) < _PHONE_LENGTH_MIN and not self.identity_ids:
            raise UserError(self.env._("Enter an e-mail, a phone number or an identity number."))
        own = self._get_distribution_query(phone if len(phone) >= _PHONE_LENGTH_MIN else None)
        if not self.email:
            return own
        return SQL("SELECT DISTINCT * FROM (%s UNION ALL %s) AS found", super()._get_query(), own)

    def _get_distribution_query(self, phone):
        """Return the query for contacts with this phone or identity, and what hangs on them."""
        tables = [
            ('res.partner', SQL("res_partner"), SQL("id"), SQL("active")),
            ('res.users', SQL("res_users"), SQL("partner_id"), SQL("active")),
            ('distribution.distributor', SQL("distribution_distributor"), SQL("partner_id"), SQL("TRUE")),
            ('distribution.identity', SQL("distribution_identity"), self._get_partner_sql(), SQL("TRUE")),
            ('distribution.payee.account', SQL("distribution_payee_account"), self._get_partner_sql(), SQL("active")),
        ]
        persons = SQL(
            """
            SELECT id FROM res_partner
             WHERE email_normalized = %s
                OR RIGHT(regexp_replace(phone, '\\D', '', 'g'), %s) = %s
             UNION
            SELECT d.partner_id FROM distribution_distributor d
              JOIN distribution_identity i ON i.distributor_id = d.id
             WHERE i.id = ANY(%s)
            """, (self.email or '').strip().lower() or None, len(phone or ''), phone, self.identity_ids.ids)
        return SQL(" UNION ALL ").join(
            SQL("SELECT %s AS res_model_id, id AS res_id, %s AS is_active FROM %s WHERE %s IN (%s)",
                self.env['ir.model']._get_id(model), active, table, partner, persons)
            for model, table, partner, active in tables
        )

    def _get_partner_sql(self):
        return SQL("(SELECT partner_id FROM distribution_distributor d WHERE d.id = distributor_id)")
