import re
import secrets
import time
from datetime import timedelta
from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..wechat import (
    AES_KEY_PATTERN,
    BadCredentials,
    MiniProgram,
    OfficialAccount,
    Unreachable,
    WechatError,
    check_base_url,
    open_push,
)
from ..wechat.official import OPEN_URL
from ..wechat.transport import API_URL
from .connection import report_connection
from .distribution_wechat_token import TokenStore

_APP_ID_PATTERN = re.compile(r'wx[0-9A-Za-z]{4,32}')
_TOKEN_PATTERN = re.compile(r'[A-Za-z0-9]{3,32}')
_IP_PATTERN = re.compile(r'\b(?:\d{1,3}\.){3}\d{1,3}\b')
# After a change the platform uses both keys for a while.
_OLD_KEY_DAYS = 7


class DistributionWechatAccount(models.Model):
    """An official account or mini program of the merchant on the WeChat platform.

    Its secrets are encrypted; the system administrator alone writes them, and nobody reads them.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | administrator | own companies'  | x    | x     | x      | x      |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.account'
    _description = "WeChat Account"
    _inherit = ['distribution.secret.mixin']
    _order = 'name, id'
    _secrets = ('app_secret', 'token', 'aes_key', 'aes_key_old')

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name='res.company',
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        selection=[('official', "Official account"), ('mini', "Mini program")],
        required=True,
        default='official',
    )
    app_id = fields.Char(string="AppID", required=True, copy=False, help="Begins with “wx”.")
    app_secret = fields.Char(
        string="AppSecret", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        groups='base.group_system', help="Write to replace it; it is stored encrypted and not shown again.")
    app_secret_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    app_secret_masked = fields.Char(string="AppSecret on Record", readonly=True, copy=False, groups='base.group_system')
    token = fields.Char(
        compute='_compute_secrets', inverse='_inverse_secrets', exportable=False, groups='base.group_system',
        help="The word that you also enter on the platform, under the settings of the server.")
    token_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    token_masked = fields.Char(string="Token on Record", readonly=True, copy=False, groups='base.group_system')
    aes_key = fields.Char(
        string="EncodingAESKey", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        groups='base.group_system',
        help="43 letters and digits. With it, messages are taken in safe mode only: choose safe mode on the platform. "
             "The key before it stays good for a week.")
    aes_key_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    aes_key_masked = fields.Char(string="Key on Record", readonly=True, copy=False, groups='base.group_system')
    aes_key_old = fields.Char(
        compute='_compute_secrets', inverse='_inverse_secrets', exportable=False, groups=fields.NO_ACCESS)
    aes_key_old_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    aes_key_old_masked = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    aes_key_changed_at = fields.Datetime(readonly=True, copy=False)
    webhook_token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(24),
        groups='base.group_system',
    )
    webhook_url = fields.Char(
        string="Server Address",
        compute='_compute_webhook_url',
        compute_sudo=True,
        help="Enter it on the platform, under the settings of the server.",
    )
    token_ids = fields.One2many(
        comodel_name='distribution.wechat.token', inverse_name='account_id', string="Platform Tokens",
        groups='base.group_system')
    connected_at = fields.Datetime(string="Connected", readonly=True, copy=False, help="The last test that succeeded.")
    connection_error = fields.Char(readonly=True, copy=False)

    _app_uniq = models.UniqueIndex('(app_id)', "This AppID belongs to another account.")
    _webhook_token_uniq = models.UniqueIndex('(webhook_token)', "Two accounts cannot share an address.")

    # === COMPUTE METHODS === #

    @api.depends('webhook_token')
    def _compute_webhook_url(self):
        for account in self:
            account.webhook_url = account.webhook_token and urljoin(
                account.get_base_url(), f'/distribution/wechat/{account.webhook_token}')

    # === CONSTRAINT METHODS === #

    @api.constrains('app_id')
    def _check_app_id(self):
        for account in self:
            if not _APP_ID_PATTERN.fullmatch(account.app_id):
                raise ValidationError(self.env._("An AppID begins with “wx”, letters and digits follow."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        self.env['distribution.wechat.token'].sudo().create([
            {'account_id': account.id, 'kind': kind} for account in accounts for kind in ('access', 'ticket')])
        return accounts

    def write(self, vals):
        res = super().write(vals)
        if vals.get('app_id') or vals.get('app_secret'):     # what was fetched belongs to another account
            self.sudo().token_ids.write({'expires_at': False, 'failed_at': False})
            self.write({'connected_at': False, 'connection_error': False})
        return res

    # === ACTION METHODS === #

    def action_test_connection(self):
        """Button: fetch a token from the platform, and say what came of it in words that help."""
        self.ensure_one()
        self.check_access('write')
        try:
            self.sudo()._get_client().fetch_token()     # the same one that the others use
        except WechatError as error:
            return report_connection(self, self._get_help(error), is_good=False)
        return report_connection(self, self.env._("The platform knows this account."), is_good=True)

    # === BUSINESS METHODS === #

    def _set_secrets(self, typed):
        """Override of the mixin to keep the former key for a while."""
        if typed.get('aes_key') and self.sudo().aes_key_encrypted:
            typed = {**typed, 'aes_key_old': self._decrypt('aes_key')}
            self.sudo().aes_key_changed_at = fields.Datetime.now()
        super()._set_secrets(typed)

    def _open_push(self, body, query):
        """Read what claims to be pushed by the platform.

        :param bytes body:
        :param dict[str, str] query:
        :rtype: Message
        :raise BadPush: for anything else.
        """
        return open_push(body, query, self._decrypt('token'), self.app_id, self._get_aes_keys(), int(time.time()))

    # === GETTERS === #

    @api.model
    def _get_by_webhook_token(self, webhook_token):
        """Return the active account with this address, or an empty recordset.

        :param str webhook_token: As it came from outside.
        :rtype: distribution.wechat.account
        """
        return self.search([('webhook_token', '=', webhook_token)], limit=1)

    def _get_client(self):
        """Return the client that speaks for this account.

        :rtype: OfficialAccount|MiniProgram
        :raise UserError: when it has no secret.
        """
        self.ensure_one()
        secret = self._decrypt('app_secret')
        if not secret:
            raise UserError(self.env._("Enter the AppSecret of %s first.", self.name))
        kind = MiniProgram if self.kind == 'mini' else OfficialAccount
        return kind(self.app_id, secret, TokenStore(self), self._get_address('api_url', API_URL))

    @api.model
    def _get_address(self, name, default):
        """Return an address of the platform, or of a proxy before it.

        :param str name: Of the system parameter, after `distribution_wechat.`: api_url or open_url.
        """
        url = self.env['ir.config_parameter'].sudo().get_param(f'distribution_wechat.{name}') or default
        try:
            return check_base_url(url)
        except ValueError:
            raise UserError(self.env._(
                "The system parameter distribution_wechat.%s must begin with https://.", name)) from None

    @api.model
    def _get_open_url(self):
        """Return the host whose pages open in WeChat's browser."""
        return self._get_address('open_url', OPEN_URL)

    def _get_aes_keys(self):
        """Return the key of messages, and the one before it while that is still in use.

        :rtype: list[str]
        """
        changed_at = self.aes_key_changed_at
        is_recent = changed_at and changed_at > fields.Datetime.now() - timedelta(days=_OLD_KEY_DAYS)
        keys = [self._decrypt('aes_key'), self._decrypt('aes_key_old') if is_recent else '']
        return [key for key in keys if key]

    def _get_help(self, error):
        """Return what an administrator can do about an error.

        :param WechatError error:
        :rtype: str
        """
        if isinstance(error, Unreachable):
            return self.env._("The platform did not answer: %s. Does this server reach the internet?", error)
        if not isinstance(error, BadCredentials):
            return self.env._("The platform refused: %s", error)
        if error.code == 61004:
            address = _IP_PATTERN.search(str(error))
            return self.env._(
                "The platform does not know this server. Add its address to the IP list of the account: %s",
                address.group() if address else error)
        if error.code == 89503:
            return self.env._("The administrator of the account must confirm this server on the phone, then try again.")
        if error.code == 40243:
            return self.env._("The AppSecret is frozen. Release it on the platform.")
        return self.env._("The AppID or the AppSecret is wrong: %s", error)

    def _get_secret_context(self, name):
        """Override of the mixin: a secret is bound to its account, which may change its company."""
        return f'{self._name}.{name}:{self.id}'

    def _normalize_secret(self, name, text):
        """Override of the mixin."""
        text = super()._normalize_secret(name, text)
        if name == 'token' and not _TOKEN_PATTERN.fullmatch(text):
            raise ValidationError(self.env._("A token has 3 to 32 letters and digits."))
        if name in ('aes_key', 'aes_key_old') and not AES_KEY_PATTERN.fullmatch(text):
            raise ValidationError(self.env._("An EncodingAESKey has 43 letters and digits."))
        return text
