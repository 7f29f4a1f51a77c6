import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import Authorization, NotNow, PayRefused, UnknownNumber, read_authorization
from .distribution_payout_channel import SCENE_COMMISSIONS

_BATCH = 200
_NUMBER_MAX = 32
_STATES = {'WAIT_USER_CONFIRM': 'waiting', 'TAKING_EFFECT': 'effective', 'CLOSED': 'closed'}
_ALL = ('new', 'waiting', 'effective', 'closing', 'closed')


class DistributionWechatAuthorization(models.Model):
    """The consent of a distributor to receive transfers without confirming each of them. WeChat Pay keeps it.

    A person has one for a merchant and an account, under a number that stays, also when the consent is asked for
    anew, or this database was set up anew: WeChat Pay takes no second number for a person. What WeChat Pay says when it is asked is the truth: what it calls back only has it asked.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.authorization'
    _description = "Consent to Receive Transfers"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='restrict')
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="WeChat Account", required=True, readonly=True, index=True,
        ondelete='restrict')
    openid = fields.Char(string="OpenID", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ('new', "Not Asked For"),
            ('waiting', "Waits for the Distributor"),
            ('effective', "In Effect"),
            ('closing', "Is Being Ended"),
            ('closed', "Ended"),
        ],
        required=True, readonly=True, default='new')
    terms = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)     # what goes with the number, always the same
    platform_number = fields.Char(string="WeChat's Number", readonly=True, copy=False)
    is_doubtful = fields.Boolean(readonly=True, copy=False)     # to be asked about
    reason = fields.Char(string="Reason of the Platform", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")
    _person_uniq = models.UniqueIndex('(merchant_id, account_id, openid)', "A person consents once.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is kept as a record."))

    # === ACTION METHODS === #

    def action_close(self):
        """Button: end the consent; from now on each transfer is confirmed."""
        self.check_access('write')
        self._close()

    # === BUSINESS METHODS === #

    @api.model
    def _ensure(self, distributor, channel):
        """Return the consent of a distributor for a channel, a new one if there is none; nothing is sent.

        :rtype: distribution.wechat.authorization
        :raise UserError: when the distributor has not connected WeChat, or the channel takes no consents.
        """
        identity = distributor._wechat_get_payee(channel)
        if not identity or not channel.wechat_has_authorization:
            raise UserError(self.env._("WeChat transfers without confirming are not offered to you."))
        known_sudo = self.sudo()._find(channel, identity)
        if known_sudo:
            return known_sudo
        return self.sudo().create({
            'name': self._get_number(channel, identity),
            'distributor_id': distributor.id,
            'merchant_id': channel.wechat_merchant_id.id,
            'account_id': identity.account_id.id,
            'openid': identity.openid,
            'terms': {
                'person': distributor.code,
                'perception': channel.wechat_perception or None,
                'notify_url': channel.wechat_merchant_id._get_notify_url(),
            },
        })

    def _ask_person(self):
        """Have WeChat Pay ask the person, and return what opens its page; nothing when the consent is in effect.

        :return: See `distribution.wechat.bill._get_package`.
        :rtype: dict|bool
        :raise UserError: when WeChat Pay does not answer, or refuses.
        """
        self.ensure_one()
        self._refresh()
        if self.state in ('effective', 'closing'):
            return False
        try:
            answer = self.merchant_id.sudo()._get_client().create_authorization(self._prepare_authorization())
        except NotNow:
            raise UserError(self.env._("WeChat Pay does not offer this to the merchant yet.")) from None
        except (PayRefused, Unreachable):
            raise UserError(self.env._("WeChat Pay did not answer as expected. Please try again in a moment.")) from None
        self._apply(answer)
        return bool(answer.package) and {
            'mchId': self.merchant_id.mchid, 'appId': self.account_id.app_id, 'package': answer.package,
            'openId': self.openid}

    def _close(self):
        """End consents; a job tells WeChat Pay."""
        closing = self.filtered(lambda authorization: authorization.state != 'closed')
        for authorization in closing:
            authorization._update_state(_ALL, 'closing')
        closing._doubt()

    def _doubt(self):
        """Have WeChat Pay asked about consents soon."""
        if self:
            self.sudo().is_doubtful = True
            self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_ask_authorizations')

    @api.model
    def _cron_ask(self):
        """Ask about consents that are under way, and end those that shall be; each in a transaction of its own."""
        due = self.search([
            '|', ('state', 'in', ('waiting', 'closing')), ('is_doubtful', '=', True)], order='id', limit=_BATCH)
        self.env['ir.cron']._distribution_for_each(due, '_go_on', (PayRefused, Unreachable), '_keep_error')

    def _keep_error(self, error):
        self.error = str(error)

    def _go_on(self):
        if self.state == 'closing':
            try:
                self.merchant_id._get_client().close_authorization(self.name)
            except UnknownNumber:       # nobody was ever asked
                self._update_state(('closing',), 'closed')
                return
        self._refresh()

    def _refresh(self):
        """Ask WeChat Pay what holds now."""
        try:
            self._apply(self.merchant_id.sudo()._get_client().get_authorization(self.name))
        except UnknownNumber:
            self.sudo().is_doubtful = False
        except (PayRefused, Unreachable) as error:
            self.sudo().error = str(error)

    @api.model
    def _take_notice(self, merchant, data):
        """Take a verified notice: WeChat Pay is asked, because a late one may tell of what is over.

        :raise UserError: when it is about nothing that is known.
        """
        known = self.search([('name', '=', read_authorization(data).number), ('merchant_id', '=', merchant.id)])
        if not known:
            raise UserError(self.env._("There is no consent %s.", data.get('out_authorization_no')))
        known._doubt()

    def _apply(self, answer):
        """Let an answer take effect.

        :param AuthorizationState answer:
        """
        self.ensure_one()
        told = ((answer.openid, self.openid), (answer.app_id, self.account_id.app_id))
        if any(value not in ('', own) for value, own in told):
            self.sudo().error = self.env._("WeChat Pay answers for another person: %s.", self.name)
            return
        state = _STATES[answer.state]
        if self.state != 'closing' or state == 'closed':
            self._update_state(_ALL, state)
        self.sudo().write({
            'platform_number': answer.platform_number or self.platform_number, 'reason': answer.reason or False,
            'is_doubtful': False, 'error': False})

    # === GETTERS === #

    @api.model
    def _get_number(self, channel, identity):
        """Return the number of the consent of a person: the same one each time.

        :rtype: str
        """
        person = f'{channel.wechat_merchant_id.mchid} {identity.account_id.app_id} {identity.openid} {SCENE_COMMISSIONS}'
        return f'A{hashlib.sha256(person.encode()).hexdigest()[:_NUMBER_MAX - 1]}'.upper()

    @api.model
    def _find(self, channel, identity):
        return self.search([
            ('merchant_id', '=', channel.wechat_merchant_id.id), ('account_id', '=', identity.account_id.id),
            ('openid', '=', identity.openid)])

    @api.model
    def _get_effective(self, channel, identity):
        """Return the consent by which a person is paid without confirming, if there is one.

        :rtype: distribution.wechat.authorization
        """
        if not channel.wechat_has_authorization:
            return self.browse()
        return self.sudo()._find(channel, identity).filtered(lambda authorization: authorization.state == 'effective')

    def _prepare_authorization(self):
        """Return what the person is asked; equal each time.

        :rtype: Authorization
        """
        terms = self.sudo().terms
        return Authorization(
            number=self.name, app_id=self.account_id.app_id, openid=self.openid, scene=SCENE_COMMISSIONS,
            person=terms['person'], perception=terms['perception'], notify_url=terms['notify_url'])
