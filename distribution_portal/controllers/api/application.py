from odoo import SUPERUSER_ID
from odoo.http import request

from ..application import DistributionApplicationPage
from . import schema as s
from .base import DistributionApi
from .operation import ANYBODY, operation
from .problem import Problem
from .values import time

AGREEMENT = 'distribution.agreement'
TEXT = s.named('Text', s.obj(id=s.ID, title=s.STRING, version=s.COUNT, effective_from=s.TIME, html=s.STRING))
TEXTS = {'in_force': s.nullable(TEXT), 'coming': s.nullable(TEXT)}
_YES = {'const': True}
FORM = s.body(
    ('company_registry', 'inviter', 'message', 'agreement'),
    name=s.text(128), email=s.text(128), phone=s.text(32),
    kind=s.selection('distribution.application', 'kind'),
    company_registry=s.described(s.text(64), "Of companies and sole traders."),
    inviter=s.described(s.text(64), "The code of who invited."),
    message=s.text(2000),
    is_adult=_YES, is_not_barred=_YES, knows_it_is_free=_YES,
    agreement=s.described(_YES, "Accepts the agreement in force; needed if there is one."),
)


class DistributionApplicationApi(DistributionApi):
    """How somebody becomes a distributor, and what distributors agree to."""

    # === ROUTES === #

    @operation(
        'GET', '/texts/{kind}', s.named('Texts', s.obj(**TEXTS)), params={'kind': s.selection(AGREEMENT, 'kind')},
        auth=ANYBODY)
    def api_texts(self, kind):
        """Show a text in force, and the one that comes."""
        return self._api_read_texts(request.env.company, kind)

    @operation('GET', '/agreement', s.named('OwnAgreement', s.obj(**TEXTS, is_accepted=s.BOOLEAN)))
    def api_agreement(self):
        """Show the agreement in force, and whether the user has accepted it."""
        distributor = self._api_get_distributor()
        return {
            **self._api_read_texts(distributor.company_id, 'agreement'),
            'is_accepted': distributor.has_accepted_agreement,
        }

    @operation('POST', '/agreement/acceptances', body=s.body(agreement_id=s.ID), statuses=(204,))
    def api_agreement_accept(self, body):
        """Accept the version that was shown, unless another one is in force by now."""
        distributor = self._api_get_distributor()
        agreement_sudo = request.env[AGREEMENT].sudo()._get_in_force(distributor.company_id)
        if distributor.state == 'closed':
            raise Problem(409, 'refused', request.env._("You are a distributor no longer."))
        if agreement_sudo.id != body['agreement_id']:
            raise Problem(
                409, 'other-version', request.env._("Another version is in force by now. Please read it first."))
        distributor.sudo()._accept_agreement(agreement_sudo)

    @operation('GET', '/application', s.obj(standing=s.described(s.nullable(s.STRING), (
        "`applied`, or the state of the distributor that the user is by now; null: neither."))))
    def api_application(self):
        """Tell how an application stands."""
        return {'standing': self._api_get_standing()}

    @operation('POST', '/applications', s.obj(detail=s.STRING), body=FORM, statuses=(202,), auth=ANYBODY)
    def api_application_create(self, body):
        """Apply. Who is not logged in is answered the same whether it is known here or not."""
        if self._api_get_standing():
            raise Problem(409, 'refused', request.env._("You have applied already, or are a distributor."))
        company, partner_sudo = request.env.company, self._api_get_partner_sudo()
        application_sudo = self._api_get_applications_sudo()
        form = {
            'lang': request.env.lang,
            'visitor': request.env['distribution.touch'].sudo()._get_request_visitor(),
            **{name: value if name == 'message' else ' '.join(str(value).split()) for name, value in body.items()},
        }
        errors = application_sudo._get_form_errors(form, company)
        DistributionApplicationPage._limit_guessing(form, errors)
        if errors:
            raise Problem(422, 'invalid', request.env._("Please look at the marked fields."), errors=[
                {'pointer': f'body/{name}', 'detail': error} for name, error in errors.items()])
        application_sudo._submit(form, company, partner_sudo)
        return {'detail': request.env._(
            "If your application is a new one, a mail is on its way to you: "
            "please confirm your address with the link in it.")}

    # === GETTERS === #

    @staticmethod
    def _api_get_applications_sudo():
        """As on the page: handed in as the system."""
        return request.env['distribution.application'].with_user(SUPERUSER_ID)

    @staticmethod
    def _api_get_partner_sudo():
        user_sudo = request.env.user.with_user(SUPERUSER_ID)
        return user_sudo.partner_id.browse() if user_sudo._is_public() else user_sudo.partner_id

    def _api_get_standing(self):
        return self._api_get_applications_sudo()._get_standing(self._api_get_partner_sudo(), request.env.company)

    # === READING === #

    def _api_read_texts(self, company, kind):
        agreements_sudo = request.env[AGREEMENT].sudo()
        return {
            'in_force': self._api_read_text(agreements_sudo._get_in_force(company, kind)),
            'coming': self._api_read_text(agreements_sudo._get_coming(company, kind)),
        }

    @staticmethod
    def _api_read_text(agreement):
        return {
            'id': agreement.id,
            'title': agreement.name,
            'version': agreement.number,
            'effective_from': time(agreement.effective_from),
            'html': str(agreement.body or ''),
        } if agreement else None
