import base64
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

_FILE_NAME_PATTERN = re.compile(r'[A-Za-z0-9_-]{1,64}\.txt')
_FILE_TEXT_PATTERN = re.compile(r'[A-Za-z0-9_-]{1,128}')


class DistributionWechatAccount(models.Model):
    """What a merchant does to connect an account, step by step, and what of it is done."""
    _inherit = 'distribution.wechat.account'

    domain_file_name = fields.Char(
        string="File Name", copy=False,
        help="The platform asks for a file on this site before it takes its domain, e.g. MP_verify_abc.txt.")
    domain_file_text = fields.Char(string="Content", copy=False, help="What stands in the file: letters and digits.")
    last_message_at = fields.Datetime(string="Last Message", compute='_compute_last_message_at', compute_sudo=True)
    setup_steps = fields.Html(compute='_compute_setup_steps', sanitize=False, compute_sudo=True)

    # === COMPUTE METHODS === #

    def _compute_last_message_at(self):
        received = dict(self.env['distribution.wechat.message']._read_group(
            [('account_id', 'in', self.ids)], ['account_id'], ['received_at:max']))
        for account in self:
            account.last_message_at = received.get(account, False)

    @api.depends(
        'app_secret_encrypted', 'token_encrypted', 'aes_key_encrypted', 'connected_at', 'connection_error', 'kind',
        'domain_file_name', 'webhook_url', 'last_message_at')
    def _compute_setup_steps(self):
        for account in self:
            account.setup_steps = self.env['ir.qweb']._render(
                'distribution_wechat.account_setup_steps', {'steps': account._get_setup_steps()})

    # === CONSTRAINT METHODS === #

    @api.constrains('domain_file_name', 'domain_file_text')
    def _check_domain_file(self):
        for account in self:
            name, text = account.domain_file_name or '', account.domain_file_text or ''
            if not (name or text):
                continue
            if not _FILE_NAME_PATTERN.fullmatch(name) or not _FILE_TEXT_PATTERN.fullmatch(text):
                raise ValidationError(self.env._(
                    "Enter the name of the file, ending with .txt, and its content: letters, digits, - and _."))
            if account._find_foreign_files():
                raise ValidationError(self.env._("This site has another file of this name."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        accounts.filtered('domain_file_name')._update_domain_file()
        return accounts

    def write(self, vals):
        res = super().write(vals)
        if 'domain_file_name' in vals or 'domain_file_text' in vals:
            self._update_domain_file()
        return res

    # === BUSINESS METHODS === #

    def _update_domain_file(self):
        """Serve the file that proves whose domain this is; Odoo serves attachments by their address."""
        for account in self:
            attachments_sudo = account._get_domain_files_sudo()
            attachments_sudo.unlink()
            if account.domain_file_name:
                attachments_sudo.create({
                    'name': account.domain_file_name,
                    'url': f'/{account.domain_file_name}',
                    'type': 'binary',
                    'mimetype': 'text/plain',
                    'datas': base64.b64encode(account.domain_file_text.encode()),
                    'res_model': self._name,
                    'res_id': account.id,
                    'public': True,
                })

    # === GETTERS === #

    def _get_domain_files_sudo(self):
        return self.env['ir.attachment'].sudo().search([
            ('res_model', '=', self._name), ('res_id', '=', self.id), ('url', '!=', False)])

    def _find_foreign_files(self):
        files = self.env['ir.attachment'].sudo().search([('url', '=', f'/{self.domain_file_name}')])
        return files - self._get_domain_files_sudo()

    def _get_setup_steps(self):
        """Return what is to be done, in this order.

        :return: Of each step whether it is done, its name, and what to do.
        :rtype: list[tuple[bool, str, str]]
        """
        self.ensure_one()
        steps = [
            (
                (self.webhook_url or '').startswith('https://'),
                self.env._("This site is reached by HTTPS"),
                self.env._(
                    "The platform calls servers on the ports 80 and 443 only. Set the address of this site, the system "
                    "parameter web.base.url."),
            ),
            (
                bool(self.app_secret_encrypted),
                self.env._("AppSecret entered"),
                self.env._("On the platform: Settings and development → Basic configuration."),
            ),
            (
                bool(self.connected_at and not self.connection_error),
                self.env._("Connection tested"),
                self.connection_error or self.env._(
                    "Press “Test Connection”. If the platform does not know this server, add its address to the IP "
                    "list."),
            ),
            (
                bool(self.token_encrypted),
                self.env._("Token entered, here and on the platform"),
                self.env._("Any word of 3 to 32 letters and digits, beside the server address."),
            ),
            (
                bool(self.aes_key_encrypted),
                self.env._("Messages are encrypted"),
                self.env._("Choose safe mode on the platform, and enter its EncodingAESKey here."),
            ),
            (
                bool(self.last_message_at),
                self.env._("A message has arrived"),
                self.env._("Enable the server configuration on the platform, then write something to the account."),
            ),
        ]
        if self.kind == 'official':
            steps.append((
                bool(self.domain_file_name),
                self.env._("File of the domain served"),
                self.env._(
                    "The platform gives you a file when you enter the domain for web login and for JS interfaces."),
            ))
        return steps
