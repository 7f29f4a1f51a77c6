import secrets

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import hmac

VISITOR_COOKIE = 'distribution_visitor'
_RETENTION_DAYS = 400


class DistributionTouch(models.Model):
    """Evidence that somebody met a distributor: a visit through a link, a scan, a typed code.

    Append-only while it counts, purged by age. Visitor, device and network are keyed hashes: they tell
    whether two touches came from one place, not who or where it was.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | own companies'   | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.touch'
    _description = "Referral Touch"
    _order = 'at desc, id desc'
    _log_access = False

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    kind = fields.Selection(
        selection=[('visit', "Visit"), ('scan', "Scan"), ('code', "Code typed")],
        required=True,
        readonly=True,
        default='visit',
    )
    at = fields.Datetime(string="When", required=True, readonly=True, index=True)
    visitor = fields.Char(string="Visitor (hash)", required=True, readonly=True)
    device = fields.Char(string="Device (hash)", readonly=True)
    network = fields.Char(string="Network (hash)", readonly=True)
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Logged-in Visitor",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
    )
    path = fields.Char(string="Page", readonly=True)

    _visitor_idx = models.Index('(visitor, at)')

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, distributor, kind='visit', path=None):
        """Append a touch of the visitor of the current web request.

        :param distribution.distributor distributor: An active one.
        :param str kind: See the field.
        :param str|None path: The local page that the link leads to.
        :rtype: distribution.touch
        """
        user = request.env.user
        return self.create({
            'distributor_id': distributor.id,
            'company_id': distributor.company_id.id,
            'kind': kind,
            'at': fields.Datetime.now(),
            'visitor': self._get_visitor(self._ensure_visitor_token()),
            'partner_id': False if user._is_public() else user.partner_id.id,
            'path': (path or '')[:256],
            **self._get_request_fingerprint(),
        })

    @api.model
    def _ensure_visitor_token(self):
        """Return the token of this browser, made and put into the session when it has none.

        The session keeps it when the visitor refuses optional cookies; the cookie keeps it when
        the session ends. See `_get_visitor_cookie`.
        """
        token = self._get_visitor_token() or secrets.token_urlsafe(18)
        request.session[VISITOR_COOKIE] = token
        return token

    @api.autovacuum
    def _gc_touches(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=_RETENTION_DAYS)
        self.search([('at', '<', limit)], limit=10_000).unlink()

    # === GETTERS === #

    @api.model
    def _get_visitor_token(self):
        if not request:
            return None
        return request.session.get(VISITOR_COOKIE) or request.cookies.get(VISITOR_COOKIE)

    @api.model
    def _get_visitor_cookie(self, distributor):
        """Return the arguments of `set_cookie` that make the visitor known for the touch window."""
        policy = self.env['distribution.policy']._get_in_force(distributor.company_id)
        return {
            'key': VISITOR_COOKIE,
            'value': self._ensure_visitor_token(),
            'max_age': policy.touch_window_days * 24 * 60 * 60,
            'httponly': True,
            'samesite': 'Lax',
            'secure': request.httprequest.scheme == 'https',
            'cookie_type': 'optional',
        }

    @api.model
    def _get_visitor(self, token):
        """Return the keyed hash under which touches of a visitor are kept."""
        return hmac(self.env(su=True), 'distribution-visitor', token)

    @api.model
    def _get_request_fingerprint(self):
        """Return keyed hashes of the browser and of the network of the current web request.

        :return: `device` and `network`; both False outside of a web request.
        :rtype: dict
        """
        if not request:
            return {'device': False, 'network': False}
        env = self.env(su=True)
        return {
            'device': hmac(env, 'distribution-device', request.httprequest.user_agent.string or ''),
            'network': hmac(env, 'distribution-network', request.httprequest.remote_addr or ''),
        }

    @api.model
    def _get_request_visitor(self):
        """Return the visitor of the current web request, for stamping on what it creates.

        Employees are not visitors: what they create in the back office is not referred.

        :rtype: str|bool
        """
        token = self._get_visitor_token()
        if not token or request.env.user._is_internal():
            return False
        return self._get_visitor(token)
