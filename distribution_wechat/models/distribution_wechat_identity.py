from odoo import api, fields, models


class DistributionWechatIdentity(models.Model):
    """Somebody as one account on WeChat knows them: an openid, and whom it belongs to here.

    An openid is of one account; a unionid joins the accounts of one merchant. Nothing else that
    WeChat tells is kept.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | manager          | own companies'  | x    |       |        | x      |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.identity'
    _description = "WeChat Identity"
    _order = 'id desc'
    _rec_name = 'openid'

    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    openid = fields.Char(string="OpenID", required=True, readonly=True)
    unionid = fields.Char(string="UnionID", readonly=True, index='btree_not_null')
    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Contact", readonly=True, index='btree_not_null', ondelete='set null')
    is_follower = fields.Boolean(string="Follows", readonly=True)
    followed_at = fields.Datetime(string="Follows since", readonly=True)

    _openid_uniq = models.UniqueIndex('(account_id, openid)', "An account knows an OpenID once.")

    # === BUSINESS METHODS === #

    @api.model
    def _ensure(self, account, openid):
        """Return the identity of an openid, a new one if there is none.

        :rtype: distribution.wechat.identity
        """
        return self._find(account, openid) or self.create({'account_id': account.id, 'openid': openid})

    def _set_follows(self, at):
        """Remember that somebody follows the account, and so can get messages."""
        for identity in self.filtered(lambda identity: not identity.is_follower):
            identity.write({'is_follower': True, 'followed_at': at})

    def _forget_follower(self):
        """Forget who follows no longer. What is tied to a customer stays as a login, without its follow."""
        self.write({'is_follower': False, 'followed_at': False})
        self.filtered(lambda identity: not identity.partner_id).unlink()

    # === GETTERS === #

    @api.model
    def _find(self, account, openid):
        return self.search([('account_id', '=', account.id), ('openid', '=', openid)])

    @api.model
    def _get_visitor(self, account, openid):
        """Return the visitor that somebody is without a browser, as touches know visitors: a keyed hash.

        :rtype: str
        """
        return self.env['distribution.touch']._get_visitor(f'wechat:{account.app_id}:{openid}')

    def _get_distributor(self):
        """Return the distributor that somebody is in the company of the account.

        :rtype: distribution.distributor
        """
        return self.env['distribution.distributor'].search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id), ('state', '!=', 'closed'),
        ]) if self.partner_id else self.env['distribution.distributor']
