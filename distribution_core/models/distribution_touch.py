import secrets

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL, hmac

VISITOR_COOKIE = 'distribution_visitor'
_RETENTION_DAYS = 400
# Records of a transaction are kept for three years (e-commerce law of China, article 31).
_EVIDENCE_RETENTION_DAYS = 3 * 366
_PURGE_BATCH = 10_000


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
    _rec_name = 'at'

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
    link_id = fields.Many2one(
        comodel_name='distribution.link',
        string="Promotion Link",
        readonly=True,
        index='btree_not_null',
        ondelete='set null',
    )
    attribution_ids = fields.One2many(comodel_name='distribution.attribution', inverse_name='touch_id', readonly=True)

    _visitor_idx = models.Index('(visitor, at)')

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, referral, token, kind='visit', path=None):
        """Append a touch of the visitor of the current web request.

        One INSERT, and no row that another visit writes. A repeated visit is recorded again: that
        somebody came twice is evidence, too, reports count visitors beside visits, and looking for
        the former visit would cost what the INSERT costs.

        :param Referral referral: One that counts.
        :param str token: Of the browser, see `_ensure_visitor_token`.
        :param str kind: See the field.
        :param str|None path: The local page that the link leads to.
        :return: The visitor, for stamping on what it holds already.
        :rtype: str
        """
        user = request.env.user
        visitor = self._get_visitor(token)
        values = {
            'distributor_id': referral.distributor_id,
            'company_id': referral.company_id,
            'link_id': referral.link_id,
            'kind': kind,
            'at': fields.Datetime.now(),
            'visitor': visitor,
            'partner_id': None if user._is_public() else user.partner_id.id,
            'path': (path or '')[:256],
            **self._get_request_fingerprint(),
        }
        self.env.cr.execute(SQL(
            "INSERT INTO distribution_touch (%s) VALUES (%s)",
            SQL(", ").join(SQL.identifier(name) for name in values),
            SQL(", ").join(values.values()),
        ))
        return visitor

    @api.model
    def _ensure_visitor_token(self):
        """Return the token of this browser, a new one when it has none.

        The cookie carries it, see `_get_visitor_cookie`. When the visitor has not consented to
        cookies, the session does; else the session stays untouched, because an anonymous session
        that holds something is a file on the server.
        """
        token = self._get_visitor_token() or secrets.token_urlsafe(18)
        if not self.env['ir.http']._is_allowed_cookie('optional'):
            request.session[VISITOR_COOKIE] = token
        return token

    @api.autovacuum
    def _gc_touches(self):
        """Delete a batch of touches that are too old.

        :return: How many were deleted, and whether more are left: the vacuum commits and comes back.
        :rtype: tuple[int, int]
        """
        domain = self._get_purge_domain()
        touches = self.search(domain, order='at, id', limit=_PURGE_BATCH)
        touches.unlink()
        return len(touches), self.search_count(domain, limit=1)

    # === GETTERS === #

    @api.model
    def _get_purge_domain(self):
        """Return which touches may go: the old ones, but those that an order is credited by last longer.

        The retention is the system parameter `distribution_core.touch_retention_days`, and never
        shorter than a touch counts.
        """
        now = fields.Datetime.now()
        days = int(self.env['ir.config_parameter'].sudo().get_param(
            'distribution_core.touch_retention_days', _RETENTION_DAYS))
        policies_sudo = self.env['distribution.policy'].sudo()
        windows = policies_sudo.search([]).mapped('touch_window_days')      # pylint: disable=no-search-all
        return Domain('at', '<', fields.Datetime.subtract(now, days=max([days, *windows]))) & Domain(
            'attribution_ids', 'not any', [
                ('pinned_at', '>=', fields.Datetime.subtract(now, days=_EVIDENCE_RETENTION_DAYS))])

    @api.model
    def _get_visitor_token(self):
        if not request:
            return None
        return request.session.get(VISITOR_COOKIE) or request.cookies.get(VISITOR_COOKIE)

    @api.model
    def _get_visitor_cookie(self, token, days):
        """Return the arguments of `set_cookie` that make the visitor known while the touch counts.

        :param str token:
        :param int|None days: None: until the browser is closed.
        """
        return {
            'key': VISITOR_COOKIE,
            'value': token,
            'max_age': days and days * 24 * 60 * 60,
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
