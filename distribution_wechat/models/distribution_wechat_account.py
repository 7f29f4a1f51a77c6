import secrets
from urllib.parse import urljoin

from odoo import api, fields, models


class DistributionWechatAccount(models.Model):
    """An official account or mini program of the merchant on the WeChat platform.

    Its secrets are seen by the system administrator alone.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | administrator | own companies'  | x    | x     | x      | x      |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.account'
    _description = "WeChat Account"
    _order = 'name, id'

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
    app_secret = fields.Char(string="AppSecret", copy=False, groups='base.group_system')
    token = fields.Char(
        copy=False,
        groups='base.group_system',
        help="The word that you also enter on the platform, under the settings of the server.",
    )
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

    _app_uniq = models.UniqueIndex('(app_id)', "This AppID belongs to another account.")
    _webhook_token_uniq = models.UniqueIndex('(webhook_token)', "Two accounts cannot share an address.")

    # === COMPUTE METHODS === #

    @api.depends('webhook_token')
    def _compute_webhook_url(self):
        for account in self:
            account.webhook_url = account.webhook_token and urljoin(
                account.get_base_url(), f'/distribution/wechat/{account.webhook_token}')

    # === GETTERS === #

    @api.model
    def _get_by_webhook_token(self, webhook_token):
        """Return the active account with this address, or an empty recordset.

        :param str webhook_token: As it came from outside.
        :rtype: distribution.wechat.account
        """
        return self.search([('webhook_token', '=', webhook_token)], limit=1)
