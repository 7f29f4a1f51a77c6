import logging
from datetime import timedelta

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..wechat import Unreachable, WechatError

_logger = logging.getLogger(__name__)
# A token that ends so soon is renewed; the platform gives out the next one 300 seconds before the end.
_MARGIN_SECONDS = 120
_LOCK_SECONDS = 20
# After a failure nobody asks for so long, however many wait: each would wait for the platform in vain.
_REST_SECONDS = 10
_ATTEMPTS = 5


class DistributionWechatToken(models.Model):
    """What the platform gives an account for a while: its access token, and the ticket that signs pages.

    Any number of workers share it. Who finds it over locks its row, in a transaction of its own, and
    fetches another one; all the others wait for that one, and ask the platform nothing.

    +------------------------+-----------------+------+-------+--------+--------+
    | group                  | records         | read | write | create | unlink |
    +========================+=================+======+=======+========+========+
    | system administrator   | own companies'  | x    |       |        |        |
    +------------------------+-----------------+------+-------+--------+--------+

    Nobody reads the values, see `distribution.secret.mixin`.
    """
    _name = 'distribution.wechat.token'
    _description = "WeChat Token"
    _inherit = ['distribution.secret.mixin']
    _order = 'account_id, kind'
    _rec_name = 'kind'
    _secrets = ('value',)

    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    kind = fields.Selection(
        selection=[('access', "Access token"), ('ticket', "Ticket of pages")], required=True, readonly=True)
    value = fields.Char(
        compute='_compute_secrets', inverse='_inverse_secrets', exportable=False, groups='base.group_system')
    value_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    value_masked = fields.Char(readonly=True, copy=False, groups='base.group_system')
    expires_at = fields.Datetime(readonly=True)
    failed_at = fields.Datetime(string="Last Failure", readonly=True, help="When the platform gave none.")

    _account_uniq = models.UniqueIndex('(account_id, kind)', "An account has one token of a kind.")

    # === BUSINESS METHODS === #

    @api.model
    def _get_value(self, account, kind, refused=None):
        """Return a token that is good, fetching it if need be.

        :param distribution.wechat.account account:
        :param str kind:
        :param str|None refused: The platform wants this one no more.
        :rtype: str
        :raise WechatError: when the platform gives none.
        """
        value = self._find(account, kind)._get_good_value(refused)
        return value or self._renew(account, kind, refused)

    @api.model
    def _renew(self, account, kind, refused):
        """Fetch a token in a transaction of its own, unless somebody else just did.

        Who waited for the lock cannot see what was written meanwhile: the database says so, and the
        next transaction sees it.
        """
        for _attempt in range(_ATTEMPTS):
            try:
                with self.env.registry.cursor() as cr:
                    token = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))._lock(account.id, kind)
                    if value := token._get_good_value(refused):
                        return value
                    return token._fetch()
            except (SerializationFailure, LockNotAvailable):
                continue
        raise Unreachable("the token is being fetched by somebody else")

    @api.model
    def _lock(self, account_id, kind):
        """Return the row of a token, locked."""
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", f'{_LOCK_SECONDS}s'))
        # Who waited in vain is told so by an exception, which is no error for the log.
        self.env.cr.execute(SQL(
            "SELECT id FROM distribution_wechat_token WHERE account_id = %s AND kind = %s FOR UPDATE",
            account_id, kind), log_exceptions=False)
        [[token_id]] = self.env.cr.fetchall()
        return self.browse(token_id)

    def _fetch(self):
        """Ask the platform, and keep what it says, or that it said nothing."""
        rest_until = self.failed_at and self.failed_at + timedelta(seconds=_REST_SECONDS)
        if rest_until and fields.Datetime.now() < rest_until:
            raise Unreachable("no token was to be had a moment ago")
        client = self.account_id._get_client()
        try:
            value, seconds = client.fetch_token() if self.kind == 'access' else client.fetch_ticket()
        except WechatError as error:
            _logger.warning("%s of WeChat account %s could not be fetched: %s", self.kind, self.account_id.id, error)
            self.failed_at = fields.Datetime.now()
            self.env.cr.commit()        # pylint: disable=invalid-commit
            raise
        self._set_secrets({'value': value})
        self.write({'expires_at': fields.Datetime.now() + timedelta(seconds=seconds), 'failed_at': False})
        return value

    # === GETTERS === #

    @api.model
    def _find(self, account, kind):
        return self.sudo().search([('account_id', '=', account.id), ('kind', '=', kind)])

    def _get_good_value(self, refused):
        """Return the value unless it is refused, or ends soon; then nothing."""
        soon = fields.Datetime.now() + timedelta(seconds=_MARGIN_SECONDS)
        value = self._decrypt('value') if self and self.expires_at and self.expires_at > soon else ''
        return value if value != refused else ''

    def _get_secret_context(self, name):
        """Override of the mixin: a token is bound to its account."""
        return f'{self._name}.{name}:{self.account_id.id}.{self.kind}'


class TokenStore:
    """The access token of an account, as the client asks for it."""

    def __init__(self, account):
        self._account = account

    def get(self, refused=None):
        """Return an access token, another one than the refused one."""
        return self._account.env['distribution.wechat.token']._get_value(self._account, 'access', refused)
