import base64
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..crypto import mask_tail

# What a contact holds about a person, and what stays in its place after the erasure.
_CONTACT_FIELDS = (
    'email', 'phone', 'street', 'street2', 'city', 'zip', 'state_id', 'country_id', 'vat', 'website', 'function',
    'comment', 'ref', 'image_1920',
)
_APPLICATION_FIELDS = ('phone', 'company_registry', 'message', 'device', 'network', 'visitor')


class DistributionPrivacyRequest(models.Model):
    """The wish of a person to have what is kept about it, or to have it erased.

    An erasure takes away what no law asks to keep. Orders, attributions, the ledger and its journal
    entries stay, under a name that says nothing; the identity of somebody who was paid is locked until
    its retention is over. Nothing of an answer is stored here, only that it was given.

    +-----------------+----------------+------+-------+--------+--------+
    | group           | records        | read | write | create | unlink |
    +=================+================+======+=======+========+========+
    | privacy officer | own companies' | x    | x     | x      |        |
    +-----------------+----------------+------+-------+--------+--------+
    """
    _name = 'distribution.privacy.request'
    _description = "Privacy Request"
    _order = 'id desc'
    _rec_name = 'partner_id'

    kind = fields.Selection(
        selection=[('export', "Copy of the data"), ('erase', "Erasure")], required=True, default='export')
    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Person", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    reason = fields.Char(required=True, help="How and when the person asked, and how you know that it was the person.")
    state = fields.Selection(
        selection=[('open', "Open"), ('done', "Done"), ('refused', "Refused")],
        required=True,
        readonly=True,
        default='open',
        copy=False,
        index=True,
    )
    done_at = fields.Datetime(readonly=True, copy=False)
    done_by_id = fields.Many2one(comodel_name='res.users', string="Done by", readonly=True, copy=False)
    result = fields.Text(readonly=True, copy=False, help="What was erased, what was kept, and why.")
    obstacles = fields.Text(
        compute='_compute_obstacles', help="What has to be settled before anything can be erased.")
    export_file = fields.Binary(compute='_compute_export_file', attachment=False, exportable=False)

    # === COMPUTE METHODS === #

    @api.depends('partner_id', 'kind', 'state')
    def _compute_obstacles(self):
        for request in self:
            waits = request.kind == 'erase' and request.state == 'open' and request.partner_id
            request.obstacles = '\n'.join(request._get_erasure_obstacles()) if waits else False

    @api.depends('kind', 'state', 'done_by_id')
    @api.depends_context('uid')
    def _compute_export_file(self):
        """Made anew for whoever the log says took it, see `action_export`; never stored."""
        for request in self:
            taken = request.kind == 'export' and request.state == 'done' and request.done_by_id == self.env.user
            request.export_file = taken and base64.b64encode(request._get_export().encode())

    # === CRUD METHODS === #

    def write(self, vals):
        if any(request.state != 'open' for request in self):
            raise UserError(self.env._("A request that is done or refused cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A request is kept as a record. Refuse it instead."))

    # === ACTION METHODS === #

    def action_export(self):
        """Button: take the file to hand over to the person. Each time is logged."""
        self.ensure_one()
        if self.kind != 'export' or (self.state != 'open' and self.done_by_id != self.env.user):
            raise UserError(self.env._("Somebody else took this copy. Make a request of your own."))
        self.env['distribution.privacy.log']._append('export', self, self.reason)
        if self.state == 'open':
            self._set_done()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{self.id}/export_file/data.json?download=true',
            'target': 'self',
        }

    def action_erase(self):
        """Button: erase what may be erased."""
        self.ensure_one()
        if self.kind != 'erase' or self.state != 'open':
            raise UserError(self.env._("This is no open request to erase."))
        if obstacles := self._get_erasure_obstacles():
            raise UserError('\n'.join(obstacles))
        self.env['distribution.privacy.log']._append('erase', self, self.reason)
        self._set_done('\n'.join(self.sudo()._erase()))

    def action_refuse(self):
        """Button: refuse; the reason says why."""
        self.filtered(lambda request: request.state == 'open').state = 'refused'

    # === BUSINESS METHODS === #

    @api.model
    def _export_own(self, distributor):
        """Record that a distributor takes a copy of its own data, and return the copy.

        :param distribution.distributor distributor:
        :rtype: str
        """
        request_sudo = self.sudo().create({
            'partner_id': distributor.partner_id.id,
            'company_id': distributor.company_id.id,
            'reason': self.env._("Taken in the portal."),
        })
        self.env['distribution.privacy.log']._append('export', request_sudo, request_sudo.reason)
        request_sudo._set_done()
        return request_sudo._get_export()

    def _set_done(self, result=None):
        self.write({'done_at': fields.Datetime.now(), 'done_by_id': self.env.uid, 'result': result, 'state': 'done'})

    def _erase(self):
        """Erase what no law asks to keep. To be extended by modules that keep more of a person.

        :return: What was erased and what was kept, as sentences.
        :rtype: list[str]
        """
        self.ensure_one()
        distributors = self._get_distributors()
        done = [line for distributor in distributors for line in self._erase_secrets_of(distributor)]
        touches = self.env['distribution.touch'].search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)])
        touches.partner_id = False
        self.env['distribution.visitor'].search([('partner_id', '=', self.partner_id.id)]).unlink()
        done += self._erase_applications()
        distributors.write({'alias': False, 'ranking_consent_at': False})
        self._erase_tracking(distributors, ('partner_id', 'alias'))
        done.append(self.env._("Erased: the alias, and the link to %s visits.", len(touches)))
        return done + self._erase_contact()

    def _erase_secrets_of(self, distributor):
        """Erase identity and accounts; lock an identity that law asks to keep."""
        accounts = distributor.with_context(active_test=False).payee_account_ids
        accounts._erase_secrets()
        accounts.active = False
        done = [self.env._("Erased: %s payee accounts.", len(accounts))]
        identity, until = distributor.identity_ids, distributor._get_retain_until()
        if identity and until and until > fields.Date.context_today(self):
            identity.erase_on = until
            done.append(self.env._("Kept until %s, locked: the identity, for the tax records.", until))
        elif identity:
            identity._erase_secrets()
            done.append(self.env._("Erased: the identity."))
        return done

    def _erase_applications(self):
        """Erase what was told to apply, and the documents; what was accepted, when and from where is evidence."""
        applications = self.env['distribution.application'].search(self._get_application_domain())
        self.env['ir.attachment'].search([
            ('res_model', '=', applications._name), ('res_id', 'in', applications.ids)]).unlink()
        applications.with_context(tracking_disable=True).write({
            **dict.fromkeys(_APPLICATION_FIELDS, False), 'name': "–", 'email': "–"})
        self._erase_tracking(applications, ('name', 'email', *_APPLICATION_FIELDS))
        return [self.env._("Erased: what %s applications told, and their documents.", len(applications))]

    def _erase_contact(self):
        """Take name, phone, addresses and picture off the contact, unless something else needs them."""
        if needs := self._get_contact_needs():
            return [self.env._("Kept: the contact, because of %s.", ', '.join(needs))]
        self.partner_id.user_ids._deactivate_portal_user()
        for bank in self.partner_id.bank_ids:
            bank.write({'allow_out_payment': False, 'active': False})       # Unlocks the number, too.
            bank.write({'acc_number': mask_tail(bank.acc_number), 'acc_holder_name': False})
        names = [name for name in _CONTACT_FIELDS if name in self.partner_id._fields]
        self.partner_id.with_context(tracking_disable=True).write({
            **dict.fromkeys(names, False), 'name': self.env._("Erased person %s", self.partner_id.id)})
        self._erase_tracking(self.partner_id, (*names, 'name'))
        messages = self.env['mail.message'].search([('author_id', '=', self.partner_id.id)])
        messages.write({'email_from': False, 'reply_to': False})
        return [self.env._("Erased: the contact and its login; orders and entries show “%s”.", self.partner_id.name)]

    def _erase_tracking(self, records, names):
        """Remove the old values of these fields from the history of records."""
        self.env['mail.tracking.value'].search([
            ('mail_message_id.model', '=', records._name),
            ('mail_message_id.res_id', 'in', records.ids),
            ('field_id.name', 'in', names),
        ]).unlink()

    # === GETTERS - ERASURE === #

    def _get_distributors(self):
        return self.env['distribution.distributor'].sudo().search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)])

    def _get_erasure_obstacles(self):
        """Return what has to be settled first. To be extended by modules that owe something to a person.

        :return: Sentences.
        :rtype: list[str]
        """
        self.ensure_one()
        return [
            self.env._("Close the distributor %s first.", distributor.code)
            for distributor in self._get_distributors() if distributor.state != 'closed'
        ]

    def _get_contact_needs(self):
        """Return for what else the contact is needed: then its data is only kept.

        :return: Names of the purposes.
        :rtype: list[str]
        """
        of_partner = ('partner_id', 'child_of', self.partner_id.id)
        checks = [
            (self.env._("an employee's login"), self.partner_id.sudo().user_ids.filtered(
                lambda user: not user.share)),
            (self.env._("the distributor of another company"), self.env['distribution.distributor'].sudo().search(
                [of_partner, ('company_id', '!=', self.company_id.id)], limit=1)),
            (self.env._("own orders"), self.env['sale.order'].sudo().search([of_partner], limit=1)),
            (self.env._("invoices and bills"), self.env['account.move'].sudo().search(
                [of_partner, ('move_type', '!=', 'entry'), ('origin_payment_id', '=', False)], limit=1)),
        ]
        return [purpose for purpose, records in checks if records]

    def _get_application_domain(self):
        return [
            ('company_id', '=', self.company_id.id),
            '|', ('partner_id', '=', self.partner_id.id), ('distributor_id', 'in', self._get_distributors().ids),
        ]

    # === GETTERS - EXPORT === #

    def _get_export(self):
        """Return all that is kept about the person, as JSON to be read by people and programs.

        :rtype: str
        """
        return json.dumps(self._get_privacy_sections(), ensure_ascii=False, indent=2)

    def _get_privacy_sections(self):
        """Return all that is kept about the person, by the names of the sections.

        :rtype: dict[str, list[dict]]
        """
        self.ensure_one()
        return {
            section: [
                {path: self._get_privacy_value(record, path) for path in paths}
                for record in self.env[model].sudo().with_context(active_test=False).search(domain)
            ]
            for section, model, domain, paths in self._get_privacy_sources()
        }

    def _get_privacy_sources(self):
        """Return where data of the person lies. To be extended by modules that keep more.

        Nothing about other people: an upline is named by its code, an order by its number.

        :return: Tuples (section, model, domain, paths of fields).
        :rtype: list[tuple]
        """
        own = [('distributor_id', 'in', self._get_distributors().ids)]
        return [
            ('contact', 'res.partner', [('id', '=', self.partner_id.id)], (
                'name', 'email', 'phone', 'street', 'street2', 'city', 'zip', 'state_id.name', 'country_id.name',
                'vat', 'lang', 'create_date')),
            ('distributor', 'distribution.distributor', [('id', 'in', self._get_distributors().ids)], (
                'company_id.name', 'code', 'alias', 'kind', 'state', 'level_id.name', 'create_date', 'active_since',
                'closed_at', 'ranking_consent_at')),
            ('identity', 'distribution.identity', own, (
                'document_type', 'real_name_masked', 'number_masked', 'verified_at', 'erase_on')),
            ('payee_accounts', 'distribution.payee.account', own, (
                'kind', 'bank_name', 'holder_name_masked', 'number_masked', 'verified_at', 'active')),
            ('applications', 'distribution.application', self._get_application_domain(), (
                'create_date', 'name', 'email', 'phone', 'kind', 'company_registry', 'message', 'state')),
            ('acceptances', 'distribution.agreement.acceptance', [
                '|', *own, ('application_id', 'any', self._get_application_domain())],
                ('agreement_id.name', 'agreement_id.number', 'accepted_at', 'address')),
            ('levels', 'distribution.level.history', own, ('level_id.name', 'from_at', 'until_at', 'source', 'reason')),
            ('notifications', 'distribution.notification.setting', own, ('topic', 'channel', 'is_wanted')),
            ('announcements_read', 'distribution.announcement.read', own, ('announcement_id.name', 'create_date')),
            ('reviews', 'distribution.risk.signal', own, ('create_date', 'state', 'appeal', 'judged_at')),
            ('customer_of', 'distribution.binding', [
                ('partner_id', '=', self.partner_id.commercial_partner_id.id), ('company_id', '=', self.company_id.id)],
                ('distributor_id.code', 'from_at', 'until_at', 'source')),
            ('territories', 'distribution.territory', own, ('display_name', 'from_at', 'until_at', 'reason')),
            ('uplines', 'distribution.upline', own, ('parent_id.code', 'from_at', 'until_at', 'reason')),
            ('orders', 'distribution.attribution.tier', own, (
                'attribution_id.order_id.name', 'attribution_id.order_id.date_order', 'tier')),
            ('visits', 'distribution.touch', [
                ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)],
                ('at', 'kind', 'path', 'distributor_id.code')),
            ('requests', self._name, [
                ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)],
                ('create_date', 'kind', 'state', 'done_at', 'result')),
        ]

    def _get_privacy_value(self, record, path):
        """Return the value at the end of a path of fields, as JSON has it."""
        value = record
        for name in path.split('.'):
            value = value[name]
        if isinstance(value, models.BaseModel):
            return value.display_name
        if hasattr(value, 'isoformat'):
            return value.isoformat()
        return value
