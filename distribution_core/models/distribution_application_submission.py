import re
from pathlib import PureWindowsPath

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, str2bool
from odoo.tools.mimetypes import guess_mimetype

MAX_DOCUMENTS = 3
MAX_DOCUMENT_BYTES = 5 * 1024 * 1024
_DOCUMENT_TYPES = {'application/pdf': '.pdf', 'image/jpeg': '.jpg', 'image/png': '.png'}
_TEXT_LENGTHS = {'name': 128, 'email': 128, 'phone': 32, 'company_registry': 64, 'message': 2000}
_DECLARATIONS = ('is_adult', 'is_not_barred', 'knows_it_is_free')
_DEFAULT_MAX_PER_DAY = 5


class DistributionApplication(models.Model):
    """How an application is handed in: checked, kept, and told to those whom it concerns."""
    _inherit = 'distribution.application'

    # === CONSTRAINT METHODS === #

    @api.model
    def _get_form_errors(self, form, company):
        """Return what is wrong with a form, in words for the applicant.

        :param dict form: Texts as they were typed, by field; `inviter` is a code, `agreement` is ticked or not.
        :param res.company company:
        :return: A message for each field that is wrong.
        :rtype: dict[str, str]
        """
        errors = {
            field: self.env._("Please shorten this to %s characters.", length)
            for field, length in _TEXT_LENGTHS.items() if len(form.get(field) or '') > length
        }
        if not form.get('name'):
            errors['name'] = self.env._("Please enter your name.")
        if not email_normalize(form.get('email')) or re.search(r'[\s<>]', form['email']):
            errors['email'] = self.env._("Please enter an e-mail address, e.g. name@example.com.")
        if not re.fullmatch(r'\+?[\d ()./-]{5,}', form.get('phone') or ''):
            errors['phone'] = self.env._("Please enter a phone number.")
        if form.get('kind') not in dict(self._fields['kind'].selection):
            errors['kind'] = self.env._("Please choose one.")
        elif form['kind'] != 'individual' and not form.get('company_registry'):
            errors['company_registry'] = self.env._("Please enter the number on the business licence.")
        if form.get('inviter') and not self._get_inviter(form['inviter'], company):
            errors['inviter'] = self.env._(
                "We know no distributor with this code. Leave it empty if nobody invited you.")
        for declaration in _DECLARATIONS:
            if not str2bool(form.get(declaration) or '', False):
                errors[declaration] = self.env._("This is necessary to become a distributor.")
        if self._get_agreement(company) and not str2bool(form.get('agreement') or '', False):
            errors['agreement'] = self.env._("Please read the agreement and accept it.")
        return errors

    @api.model
    def _prepare_documents(self, files):
        """Return the values of the attachments to create for uploaded files.

        :param list[tuple[str, bytes]] files: Name and content; the content decides on the type.
        :raise UserError: too many, too large, or of another type.
        """
        if len(files) > MAX_DOCUMENTS:
            raise UserError(self.env._("Please choose at most %s files.", MAX_DOCUMENTS))
        values = []
        for filename, content in files:
            mimetype = guess_mimetype(content)
            if mimetype not in _DOCUMENT_TYPES:
                raise UserError(self.env._("“%s” is neither a PDF nor a JPEG or PNG picture.", filename))
            if len(content) > MAX_DOCUMENT_BYTES:
                raise UserError(self.env._("“%s” is larger than 5 MB.", filename))
            stem = re.sub(r'[^\w -]', '_', PureWindowsPath(filename).stem)[:64]
            values.append({'name': stem + _DOCUMENT_TYPES[mimetype], 'raw': content, 'mimetype': mimetype})
        return values

    # === BUSINESS METHODS === #

    @api.model
    def _submit(self, form, company, partner, documents=()):
        """Hand in an application whose form has no errors.

        To be called as the system: an applicant has no rights of its own.

        :param dict form: See `_get_form_errors`.
        :param res.company company:
        :param res.partner partner: Who is logged in, or nobody.
        :param list[dict] documents: See `_prepare_documents`.
        :return: Nothing when an application of this e-mail or person is open, or too many come from here.
        :rtype: distribution.application
        """
        if self._is_repeated(form['email'], company, partner) or self._is_flooded(company):
            return self.browse()
        try:
            with self.env.cr.savepoint():
                application = self.create(self._prepare_application(form, company, partner))
        except UniqueViolation:     # the same form was sent twice at once
            return self.browse()
        for values in documents:
            self.env['ir.attachment'].create({**values, 'res_model': self._name, 'res_id': application.id})
        agreement = self._get_agreement(company)
        if agreement:
            self.env['distribution.agreement.acceptance']._record(
                agreement, application_id=application.id, partner_id=partner.id)
        application.distributor_id._set_applied()
        application._notify_submitted()
        application._approve_automatically()
        return application

    def _notify_submitted(self):
        self._send_mail('distribution_core.mail_template_application_received')
        responsible = self._get_responsible(self.company_id)
        if responsible:
            self.activity_schedule(
                'mail.mail_activity_data_todo',
                user_id=responsible.id,
                summary=self.env._("Look at the application of %s", self.name),
            )

    # === GETTERS === #

    @api.model
    def _prepare_application(self, form, company, partner):
        return {
            **{field: (form.get(field) or '').strip() for field in _TEXT_LENGTHS},
            **{declaration: True for declaration in _DECLARATIONS},
            'kind': form['kind'],
            'company_registry': form.get('company_registry') if form['kind'] != 'individual' else False,
            'lang': form.get('lang'),
            'company_id': company.id,
            'inviter_id': self._get_inviter(form.get('inviter'), company, partner).id,
            'partner_id': partner.id,
            'distributor_id': self._get_closed_distributor(partner, company).id,
            'visitor': form.get('visitor'),
            **self.env['distribution.touch']._get_request_fingerprint(),
        }

    @api.model
    def _get_agreement(self, company):
        return self.env['distribution.agreement']._get_in_force(company)

    @api.model
    def _get_inviter(self, code, company, partner=None):
        """Return the active distributor of the company with this code; nobody invites itself."""
        return self.env['distribution.distributor']._get_active_by_code(code).filtered(
            lambda inviter: inviter.company_id == company and inviter.partner_id != partner)

    @api.model
    def _get_closed_distributor(self, partner, company):
        return partner and self.env['distribution.distributor'].search([
            ('partner_id', '=', partner.id), ('company_id', '=', company.id), ('state', '=', 'closed'),
        ], limit=1) or self.env['distribution.distributor']

    @api.model
    def _get_standing(self, partner, company):
        """Return how a person stands: a state of a distributor, `applied`, or nothing for a closed one or a stranger.

        :param res.partner partner: Nobody: not logged in.
        :rtype: str|None
        """
        distributor = partner.distributor_ids.filtered(lambda own: own.company_id == company)
        if distributor and distributor.state != 'closed':
            return distributor.state
        return 'applied' if partner and self._get_open(partner, company) else None

    @api.model
    def _is_repeated(self, email, company, partner):
        return bool(self._get_open(partner, company) if partner else False) or bool(self.search_count([
            ('email_normalized', '=', email_normalize(email)),
            ('company_id', '=', company.id),
            ('state', '=', 'submitted'),
        ], limit=1))

    @api.model
    def _is_flooded(self, company):
        """Tell whether this browser in this network has handed in too many applications within a day.

        Both together: a browser's name alone is shared by half a country, an address by a whole office.
        """
        origin = self.env['distribution.touch']._get_request_fingerprint()
        if not origin['network']:
            return False
        most = int(self.env['ir.config_parameter'].sudo().get_param(
            'distribution_core.max_applications_per_day', _DEFAULT_MAX_PER_DAY))
        return self.search_count([
            ('network', '=', origin['network']),
            ('device', '=', origin['device']),
            ('state', '=', 'submitted'),
            ('company_id', '=', company.id),
            ('create_date', '>', fields.Datetime.subtract(fields.Datetime.now(), days=1)),
        ]) >= most

    @api.model
    def _get_responsible(self, company):
        """Return who is asked to look at an application: the one chosen in the policy, or the first officer."""
        chosen = self.env['distribution.policy']._get_in_force(company).application_user_id
        return chosen.filtered('active') or company._distribution_get_users('group_distribution_user')[:1]
