import logging
import secrets
import time
from urllib.parse import urljoin

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..wechat import Unreachable, WechatError
from ..wechat.pay import (
    PAY_URL,
    PUBLIC_KEY_ID,
    NotNow,
    PayMerchant,
    PlatformKeys,
    load_private_key,
    load_public_key,
    open_notice,
)
from .connection import report_connection

_logger = logging.getLogger(__name__)
_KEY_BITS = 2048
_APIV3_KEY_BYTES = 32
_MCHID_LENGTHS = range(8, 33)
# Read at once: the platform waits for the answer.
_NEEDED_BY_NOTICES = ('company_id', 'public_key_id', 'public_key', 'certificates', 'apiv3_key_encrypted')


class DistributionWechatMerchant(models.Model):
    """A merchant number at WeChat Pay: money from customers comes in through it, and money to distributors goes out.

    Its keys are encrypted; the system administrator alone writes them, and nobody reads them.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | administrator | own companies'  | x    | x     | x      | x      |
    | finance       | own companies'  | x    |       |        |        |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.merchant'
    _description = "WeChat Pay Merchant"
    _inherit = ['distribution.secret.mixin']
    _order = 'name, id'
    _secrets = ('private_key', 'apiv3_key')

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    mchid = fields.Char(string="Merchant Number", required=True, copy=False)
    serial = fields.Char(
        string="Certificate Number", required=True, copy=False, help="Of the merchant's API certificate.")
    private_key = fields.Char(
        compute='_compute_secrets', inverse='_inverse_secrets', exportable=False, groups='base.group_system',
        help="The content of apiclient_key.pem. Write to replace it; it is stored encrypted and not shown again.")
    private_key_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    private_key_masked = fields.Char(
        string="Private Key on Record", readonly=True, copy=False, groups='base.group_system')
    apiv3_key = fields.Char(
        string="APIv3 Key", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        groups='base.group_system', help="32 characters. Without it, WeChat Pay does not call back.")
    apiv3_key_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    apiv3_key_masked = fields.Char(
        string="APIv3 Key on Record", readonly=True, copy=False, groups='base.group_system')
    public_key_id = fields.Char(string="Public Key ID", copy=False, help="PUB_KEY_ID_…, of WeChat Pay's public key.")
    public_key = fields.Text(
        copy=False, help="WeChat Pay's public key. Merchants that have none yet are served by certificates, and both "
                         "are good while a merchant moves from these to that.")
    certificates = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)
    certificate_numbers = fields.Char(string="Platform Certificates", readonly=True, copy=False)
    webhook_token = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: secrets.token_urlsafe(24),
        groups='base.group_system')
    connected_at = fields.Datetime(string="Connected", readonly=True, copy=False, help="The last test that succeeded.")
    connection_error = fields.Char(readonly=True, copy=False)

    _mchid_uniq = models.UniqueIndex('(mchid, company_id)', "The company has this merchant number already.")
    _webhook_token_uniq = models.UniqueIndex('(webhook_token)', "Two merchants cannot share an address.")

    # === CONSTRAINT METHODS === #

    @api.constrains('mchid', 'serial')
    def _check_mchid(self):
        for merchant in self:
            if not merchant.mchid.isdigit() or len(merchant.mchid) not in _MCHID_LENGTHS:
                raise ValidationError(self.env._("A merchant number has 8 to 32 digits."))
            if not merchant.serial.isalnum():
                raise ValidationError(self.env._("The number of a certificate has letters and digits only."))

    @api.constrains('public_key_id', 'public_key')
    def _check_public_key(self):
        for merchant in self:
            if bool(merchant.public_key_id) != bool(merchant.public_key):
                raise ValidationError(self.env._("Enter both, the public key of WeChat Pay and its ID."))
            if not merchant.public_key:
                continue
            if not PUBLIC_KEY_ID.fullmatch(merchant.public_key_id):
                raise ValidationError(self.env._("The ID of a public key begins with PUB_KEY_ID_."))
            try:
                load_public_key(merchant.public_key)
            except ValueError:
                raise ValidationError(self.env._("This is no public key in PEM form.")) from None

    # === ACTION METHODS === #

    def action_test_connection(self):
        """Button: fetch the certificates, have WeChat Pay send something back, and say what came of it."""
        self.ensure_one()
        self.check_access('write')
        try:
            self.sudo()._fetch_certificates()
            self.sudo()._get_client().check_connection()
        except WechatError as error:
            return report_connection(self, self._get_help(error), is_good=False)
        return report_connection(self, self.env._("WeChat Pay knows this merchant, and its answers are verified."), is_good=True)

    # === BUSINESS METHODS === #

    @api.model
    def _cron_fetch_certificates(self):
        """Fetch the certificates of the platform; one merchant that cannot does not stop the others."""
        for merchant in self.search([('private_key_masked', '!=', False)]):
            try:
                merchant._fetch_certificates()
            except (WechatError, UserError) as error:
                _logger.warning("no certificates for WeChat merchant %s: %s", merchant.id, error)
            self.env['ir.cron']._commit_progress(1)

    def _fetch_certificates(self):
        """Keep those that are in use now; merchants with a public key alone have none."""
        certificates = self._get_client().fetch_certificates()
        self.write({'certificates': certificates, 'certificate_numbers': ', '.join(sorted(certificates))})

    def _open_notice(self, body, headers):
        """Read what claims to be called back by WeChat Pay.

        :param bytes body:
        :param headers:
        :rtype: Notice
        :raise BadPush: for anything else.
        """
        return open_notice(body, headers, self._get_keys(), self._decrypt('apiv3_key'), time.time())

    # === GETTERS === #

    @api.model
    def _get_by_webhook_token(self, webhook_token):
        """Return the active merchant with this address, or an empty recordset.

        :param str webhook_token: As it came from outside.
        :rtype: distribution.wechat.merchant
        """
        return self.search_fetch([('webhook_token', '=', webhook_token)], _NEEDED_BY_NOTICES, limit=1)

    def _get_notify_url(self):
        """Return the address that WeChat Pay calls back; for transfers it takes HTTPS only.

        :rtype: str
        """
        return urljoin(self.get_base_url(), f'/distribution/wechat/pay/{self.sudo().webhook_token}')

    def _get_keys(self):
        """Return the keys of the platform as far as they are known.

        :rtype: PlatformKeys
        """
        return PlatformKeys(self.public_key_id or '', self.public_key or '', self.sudo().certificates or {})

    def _get_client(self):
        """Return the client that speaks for this merchant.

        :rtype: PayMerchant
        :raise UserError: when a key is missing.
        """
        self.ensure_one()
        private_key, apiv3_key = self._decrypt('private_key'), self._decrypt('apiv3_key')
        if not private_key or not apiv3_key:
            raise UserError(self.env._("Enter the private key and the APIv3 key of %s first.", self.name))
        return PayMerchant(
            self.mchid, self.serial, private_key, apiv3_key, self._get_keys(),
            self.env['distribution.wechat.account']._get_address('pay_url', PAY_URL))

    def _get_help(self, error):
        """Return what an administrator can do about an error.

        :param WechatError error:
        :rtype: str
        """
        if isinstance(error, NotNow) and error.status == 401:
            return self.env._(
                "WeChat Pay does not know this signature. Compare the merchant number, the certificate number, the "
                "private key and the clock of this server: %s", error)
        if isinstance(error, Unreachable):
            return self.env._(
                "There is no answer that can be verified: %s. Compare the public key, or the APIv3 key.", error)
        return self.env._("WeChat Pay refused: %s", error)

    def _get_secret_context(self, name):
        """Override of the mixin: a secret is bound to its merchant."""
        return f'{self._name}.{name}:{self.id}'

    def _normalize_secret(self, name, text):
        """Override of the mixin."""
        text = super()._normalize_secret(name, text)
        if name == 'apiv3_key' and (len(text) != _APIV3_KEY_BYTES or not text.isascii()):
            raise ValidationError(self.env._("An APIv3 key has 32 characters."))
        if name == 'private_key':
            try:
                is_good = load_private_key(text).key_size >= _KEY_BITS
            except ValueError:
                is_good = False
            if not is_good:
                raise ValidationError(self.env._("This is no private key in PEM form: paste all of apiclient_key.pem."))
        return text
