from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.distribution_core.models.distribution_application_submission import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
)
from odoo.addons.distribution_core.models.distribution_distributor import CODE_PATTERN

_FIELDS = (
    'name', 'email', 'phone', 'kind', 'company_registry', 'inviter', 'message',
    'is_adult', 'is_not_barred', 'knows_it_is_free', 'agreement',
)
# People do not see this field; programs that fill in every field do.
_HONEYPOT = 'website_url'


class DistributionApplicationPage(Controller):
    """Where anybody applies to become a distributor.

    Whoever is not logged in is told the same whether it is known here or not.
    """

    # === ROUTES === #

    @route('/distribution/apply', type='http', auth='public', methods=['GET'], website=True, readonly=True)
    def distribution_apply(self, invite='', **_kwargs):
        """Show the form; to a distributor how it stands."""
        return self._render_form(self._get_first_form(invite))

    @route('/distribution/apply', type='http', auth='public', methods=['POST'], website=True, sitemap=False)
    def distribution_apply_submit(self, **post):
        """Hand in an application; when something is wrong, say what and keep what was typed."""
        if self._get_standing():
            return request.redirect('/distribution/apply')
        if post.get(_HONEYPOT):
            return request.redirect('/distribution/apply/thanks')
        form = self._extract_form(post)
        application_sudo = self._get_applications_sudo()
        errors = application_sudo._get_form_errors(form, request.env.company)
        self._limit_guessing(form, errors)
        try:
            documents = application_sudo._prepare_documents(self._extract_files())
        except UserError as error:
            errors['documents'] = error.args[0]
        if errors:
            return self._render_form(form, errors)
        application_sudo._submit(form, request.env.company, self._get_partner_sudo(), documents)
        return request.redirect('/distribution/apply/thanks')

    @route('/distribution/apply/thanks', type='http', auth='public', website=True, sitemap=False, readonly=True)
    def distribution_apply_thanks(self, **_kwargs):
        """Say what happens next, the same to everybody."""
        return request.render('distribution_portal.distribution_apply_thanks')

    @route(
        '/distribution/apply/verify',
        type='http', auth='public', methods=['GET'], website=True, sitemap=False, readonly=True)
    def distribution_apply_verify(self, token='', **_kwargs):
        """Ask for one more click: programs that look into mails open every link in them."""
        return request.render('distribution_portal.distribution_apply_verify', {
            'token': token, 'application_sudo': self._get_applications_sudo()._find_by_token(token)})

    @route('/distribution/apply/verify', type='http', auth='public', methods=['POST'], website=True, sitemap=False)
    def distribution_apply_verify_confirm(self, token='', **_kwargs):
        """Verify the e-mail address of the application that the link belongs to."""
        application_sudo = self._get_applications_sudo()._find_by_token(token)
        if application_sudo:
            application_sudo._verify_email()
        return request.render('distribution_portal.distribution_apply_verify', {
            'token': token, 'application_sudo': application_sudo})

    @route(
        ['/distribution/agreement', '/distribution/agreement/<string:kind>'],
        type='http', auth='public', website=True, readonly=True)
    def distribution_agreement(self, kind='agreement', **_kwargs):
        """Show a text in force, and the one that comes, to everybody."""
        agreements_sudo = request.env['distribution.agreement'].sudo()
        kinds = agreements_sudo._fields['kind']._description_selection(request.env)
        if kind not in dict(kinds):
            raise request.not_found()
        return request.render('distribution_portal.distribution_agreement', {
            'kind': kind,
            'kinds': kinds,
            'agreement_sudo': agreements_sudo._get_in_force(request.env.company, kind),
            'coming_sudo': agreements_sudo._get_coming(request.env.company, kind),
        })

    # === EXTRACTION === #

    def _extract_form(self, post):
        """Return the texts of the form; a file in the place of a text is none."""
        return {
            'lang': request.env.lang,
            'visitor': request.env['distribution.touch'].sudo()._get_request_visitor(),
            **{
                field: self._clean_text(post[field], one_line=field != 'message')
                for field in _FIELDS if isinstance(post.get(field), str)
            },
        }

    @staticmethod
    def _clean_text(text, one_line):
        text = text.replace('\0', '').strip()      # the database keeps no zero bytes
        return ' '.join(text.split()) if one_line else text

    @staticmethod
    def _extract_files():
        """Return name and content of the files, no more of either than is needed to refuse them."""
        uploads = [upload for upload in request.httprequest.files.getlist('documents') if upload.filename]
        return [
            (upload.filename, upload.read(MAX_DOCUMENT_BYTES + 1)) for upload in uploads[:MAX_DOCUMENTS + 1]
        ]

    # === LIMITS === #

    @staticmethod
    def _limit_guessing(form, errors):
        """Remember an unknown code of who invited; after too many say no more which are known."""
        attempts = request.env['distribution.attempt']
        if form.get('inviter') and attempts._is_exhausted():
            errors['inviter'] = request.env._(
                "Too many unknown codes came from here. Try again in an hour, or leave it empty.")
        elif 'inviter' in errors:
            attempts._record('inviter', request.env.company)

    # === GETTERS === #

    def _get_applications_sudo(self):
        """Applications are handed in and verified as the system: their authors have no rights of their own."""
        return request.env['distribution.application'].with_user(SUPERUSER_ID)

    def _get_partner_sudo(self):
        user_sudo = request.env.user.with_user(SUPERUSER_ID)
        return user_sudo.partner_id.browse() if user_sudo._is_public() else user_sudo.partner_id

    def _get_standing(self):
        """Return how somebody who is logged in stands: a state of a distributor, `applied`, or nothing."""
        return self._get_applications_sudo()._get_standing(self._get_partner_sudo(), request.env.company)

    def _get_first_form(self, invite):
        partner_sudo = self._get_partner_sudo()
        return {
            'name': partner_sudo.name or '',
            'email': partner_sudo.email or '',
            'phone': partner_sudo.phone or '',
            'kind': 'individual',
            'inviter': self._get_inviter_code(invite),
        }

    def _get_inviter_code(self, invite):
        """Return the code of who invited the visitor: as the link says, else whose link was followed last.

        The code in the link is not looked up: a page that is only read cannot count who guesses codes.
        """
        if invite:
            invite = invite.strip().upper()
            return invite if CODE_PATTERN.fullmatch(invite) else ''
        visitor = request.env['distribution.touch'].sudo()._get_request_visitor()
        if not visitor:
            return ''
        application_sudo = self._get_applications_sudo()
        touch_sudo = application_sudo.env['distribution.touch'].search([('visitor', '=', visitor)], limit=1)
        return application_sudo._get_inviter(
            touch_sudo.distributor_id.code, request.env.company, self._get_partner_sudo()).code or ''

    # === RENDERING === #

    def _render_form(self, form, errors=None):
        agreements_sudo = request.env['distribution.agreement'].sudo()
        return request.render('distribution_portal.distribution_apply', {
            'standing': self._get_standing(),
            'form': form,
            'errors': errors or {},
            'kinds': request.env['distribution.application']._fields['kind']._description_selection(request.env),
            'honeypot': _HONEYPOT,
            'agreement_sudo': agreements_sudo._get_in_force(request.env.company),
            'privacy_sudo': agreements_sudo._get_in_force(request.env.company, 'privacy'),
        })
