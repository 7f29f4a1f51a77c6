import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import get_authorize_url


class DistributionWechatAccount(models.Model):
    """Login in WeChat's browser."""
    _inherit = 'distribution.wechat.account'

    is_login = fields.Boolean(
        string="Login",
        help="Customers log in by this account in WeChat's browser. It takes a verified service account.")

    _login_uniq = models.UniqueIndex(
        "(company_id) WHERE is_login AND active AND kind = 'official'", "A company has one account for the login.")

    @api.model
    def _get_login_account(self, company):
        """Return the account by which people log in, or none.

        :param res.company company:
        :rtype: distribution.wechat.account
        """
        return self.search([
            ('company_id', '=', company.id), ('is_login', '=', True), ('kind', '=', 'official')], limit=1)

    def _get_login_url(self, return_url, state, is_silent):
        """Return the page of the platform that sends people back to this site.

        :rtype: str
        """
        return get_authorize_url(self.app_id, return_url, state, is_silent, self._get_open_url())


class DistributionWechatIdentity(models.Model):
    """Whom an identity belongs to, and how that comes and goes."""
    _inherit = 'distribution.wechat.identity'

    # === BUSINESS METHODS === #

    @api.model
    def _recognize(self, account, login):
        """Return the identity of who came back from the platform, joined with the others of the person.

        :param distribution.wechat.account account:
        :param WebLogin|MiniLogin login:
        :rtype: distribution.wechat.identity
        """
        identity = self._ensure(account, login.openid)
        if login.unionid and identity.unionid != login.unionid:
            identity.unionid = login.unionid
            identity._remember_person()
        if not identity.partner_id and identity.unionid:
            known = self.search([
                ('unionid', '=', identity.unionid), ('company_id', '=', identity.company_id.id),
                ('partner_id', '!=', False)])
            if len(known.partner_id) == 1:
                identity._bind(known.partner_id)
        return identity

    def _bind(self, partner):
        """Tie an identity to a customer: what it touched in WeChat before counts for the customer.

        :param res.partner partner:
        :raise UserError: when it is somebody else's.
        """
        self.ensure_one()
        if self.partner_id and self.partner_id != partner:
            raise UserError(self.env._("This WeChat account belongs to another customer."))
        if self.partner_id == partner:
            return
        self.partner_id = partner
        self._remember_person()

    def _remember_person(self):
        """Keep the keys of the person with its customer: touches are found by them, and who buys from itself."""
        if not self.partner_id:
            return
        visitors = self.env['distribution.visitor']
        known = set(visitors.search([('partner_id', '=', self.partner_id.id)]).mapped('visitor'))
        visitors.create([
            {'visitor': key, 'partner_id': self.partner_id.id, 'at': fields.Datetime.now(), 'is_person': True}
            for key in self._get_person_keys() if key not in known])

    def _forget_person(self):
        for identity in self.filtered('partner_id'):
            self.env['distribution.visitor'].search([
                ('visitor', 'in', identity._get_person_keys()), ('partner_id', '=', identity.partner_id.id)]).unlink()

    def _unbind(self):
        """Untie identities from their customer at its wish.

        :raise UserError: when there would be no other way to log in.
        """
        users = self.partner_id.user_ids
        if any(not user.email for user in users):
            raise UserError(self.env._("Add an e-mail address first: without WeChat you could not log in any more."))
        self._forget_person()
        self._end_authorizations()
        self.write({'partner_id': False, 'unionid': False})

    def _end_authorizations(self):
        """Let nothing be paid any more to who they were, without being confirmed."""
        for identity in self:
            self.env['distribution.wechat.authorization'].sudo().search([
                ('account_id', '=', identity.account_id.id), ('openid', '=', identity.openid)])._close()

    def _sign_up(self, name):
        """Make a portal user of who has consented, without an e-mail address, if the site is open to all.

        :param str name: As WeChat tells it.
        :rtype: res.users
        :raise SignupError: when people are invited here.
        """
        self.ensure_one()
        user = self.env['res.users']._signup_create_user({
            'name': (name or '').replace('\0', '').strip()[:64] or self.env._("WeChat customer"),
            'login': f'wechat-{secrets.token_hex(8)}',
            'company_id': self.company_id.id,
            'company_ids': [(6, 0, self.company_id.ids)],
        })
        self._bind(user.partner_id)
        return user

    # === GETTERS === #

    def _get_person_keys(self):
        """Return the keyed hashes of the openid and of the unionid, which is the same in all accounts of the merchant.

        :rtype: list[str]
        """
        self.ensure_one()
        keys = [self._get_visitor(self.account_id, self.openid)]
        if self.unionid:
            keys.append(self.env['distribution.touch']._get_visitor(f'wechat-union:{self.unionid}'))
        return keys

    def _get_user(self):
        """Return the portal user that somebody logs in as, or none.

        :rtype: res.users
        """
        return self.partner_id.user_ids.filtered(lambda user: user.active and user.share)[:1]
