from datetime import timedelta

from odoo import api, fields, models

_RENEW_DAYS = 7
SCENE_PREFIX = 's='


class DistributionWechatQr(models.Model):
    """A code of a distributor that opens the chat with an account; its scan is a touch.

    Codes for ever are few on the platform and never die, so these live for thirty days and are made
    anew when somebody wants them. What they say is the personal code of the distributor.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.qr'
    _description = "WeChat Code of a Distributor"
    _order = 'id desc'
    _rec_name = 'distributor_id'

    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, readonly=True, index=True, ondelete='cascade')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    url = fields.Char(string="Says", required=True, readonly=True, help="What the picture is drawn of.")
    expires_at = fields.Datetime(string="Expires", required=True, readonly=True)

    _distributor_uniq = models.UniqueIndex('(account_id, distributor_id)', "A distributor has one code of an account.")

    # === BUSINESS METHODS === #

    @api.model
    def _ensure(self, account, distributor):
        """Return the code of a distributor, made anew when it ends soon.

        :param distribution.wechat.account account: An official account.
        :param distribution.distributor distributor: An active one of the same company.
        :rtype: distribution.wechat.qr
        :raise WechatError: when the platform makes none.
        """
        qr = self._find(account, distributor)
        if qr and qr.expires_at > fields.Datetime.now() + timedelta(days=_RENEW_DAYS):
            return qr
        scannable = account._get_client().create_qr(distributor.code)
        values = {
            'url': scannable.url,
            'expires_at': fields.Datetime.now() + timedelta(seconds=scannable.seconds),
        }
        if qr:
            qr.write(values)
            return qr
        return self.create({'account_id': account.id, 'distributor_id': distributor.id, **values})

    # === GETTERS === #

    def _is_over(self):
        self.ensure_one()
        return self.expires_at <= fields.Datetime.now()

    @api.model
    def _find(self, account, distributor):
        return self.search([('account_id', '=', account.id), ('distributor_id', '=', distributor.id)])

    @api.model
    def _get_mini_picture(self, account, distributor, page=None):
        """Return the picture that opens a mini program at a distributor's recommendation.

        :param distribution.wechat.account account: A mini program.
        :param distribution.distributor distributor:
        :param str|None page: A published page.
        :rtype: bytes
        """
        return account._get_client().get_unlimited_code(f'{SCENE_PREFIX}{distributor.code}', page)
