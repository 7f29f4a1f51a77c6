import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import Unreachable
from ..wechat.pay import PayRefused, UnknownNumber

_OPEN = ('new', 'processing')
_BATCH = 100


class DistributionWechatReturn(models.Model):
    """A share that is taken back from the merchant who got it, under a number that never changes.

    WeChat Pay does that where the receiver has agreed to it before, for 180 days; from a person never. The payout is
    returned in the books when all of its shares have come back. What failed is tried again under another number.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.return'
    _description = "Return of a Share"
    _inherit = ['distribution.wechat.paid.mixin']
    _order = 'id desc'

    name = fields.Char(string="Number", required=True, readonly=True, copy=False)
    payout_return_id = fields.Many2one(
        comodel_name='distribution.payout.return', string="Returned Payout", required=True, readonly=True, index=True,
        ondelete='restrict')
    share_id = fields.Many2one(
        comodel_name='distribution.wechat.share', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='share_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(related='share_id.amount')
    state = fields.Selection(
        selection=[('new', "Not Acknowledged"), ('processing', "In Work"), ('success', "Came Back"), ('failed', "Failed")],
        required=True, readonly=True, default='new', index=True)
    unclear_at = fields.Datetime(string="Last Sent without an Answer", readonly=True, copy=False)
    reason = fields.Char(string="Reason of the Platform", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")
    _share_uniq = models.UniqueIndex("(share_id) WHERE state != 'failed'", "A share comes back once.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A return is kept as a record."))

    # === BUSINESS METHODS === #

    @api.model
    def _create_for(self, payout_return, shares):
        """Create the returns of shares; that they exist is committed before one of them is sent."""
        return self.sudo().create([{
            'name': f'B{share.id}-{secrets.token_hex(8)}'.upper(),
            'payout_return_id': payout_return.id,
            'share_id': share.id,
        } for share in shares])

    @api.model
    def _cron_go_on(self):
        """Send or ask about what is not over, then post what has come back; each in a transaction of its own."""
        for_each = self.env['ir.cron']._distribution_for_each
        if for_each(self.search([('state', 'in', _OPEN)], order='id', limit=_BATCH), '_go_on', (UserError,)):
            back = self.search([('state', '=', 'success'), ('payout_return_id.state', '=', 'draft')])
            for_each(back.payout_return_id, '_wechat_conclude', (UserError,))

    def _go_on(self):
        """Ask for it; the same number has the same answer. A refusal ends it when WeChat Pay does not have it."""
        self.ensure_one()
        share, client, unclear_at = self.share_id, self.share_id.merchant_id._get_client(), self.unclear_at
        self.unclear_at = fields.Datetime.now()
        self.env['ir.cron']._commit_progress()      # whoever dies from here on may have sent it
        self.lock_for_update()
        try:
            self._apply(client.create_return(
                self.name, share.name, share.receiver_id.payee, share._get_fen(), self.env._("Returned")))
        except PayRefused as refusal:
            self.unclear_at = unclear_at        # this call has done nothing
            self._end_refused(client, refusal)
        except Unreachable as error:
            self.error = str(error)

    def _end_refused(self, client, refusal):
        """End what was refused, once nothing that was sent before can still be on its way."""
        try:
            self._apply(client.get_return(self.name, self.share_id.name))
        except UnknownNumber:
            minutes = self.share_id.payout_id.channel_id.expiry_minutes
            if self.unclear_at and fields.Datetime.now() < self.unclear_at + timedelta(minutes=minutes):
                self.error = str(refusal)
            elif self._update_state(_OPEN, 'failed'):
                self.write({'reason': str(refusal), 'error': False})
        except (PayRefused, Unreachable) as error:
            self.error = str(error)

    def _apply(self, answer):
        """Let an answer take effect.

        :param ReturnState answer:
        """
        if answer.amount != self.share_id._get_fen():
            self.error = self.env._("WeChat Pay answers for another amount or payee: %s.", self.name)
            return
        state = {'PROCESSING': 'processing', 'SUCCESS': 'success', 'FAILED': 'failed'}[answer.result]
        if self._update_state(_OPEN, state):
            self.write({'reason': answer.reason or False, 'error': False})


class DistributionPayoutReturn(models.Model):
    _inherit = 'distribution.payout.return'

    wechat_return_ids = fields.One2many(
        comodel_name='distribution.wechat.return', inverse_name='payout_return_id', string="Returns by WeChat Pay",
        readonly=True)
    wechat_is_shared = fields.Boolean(string="By Profit Sharing", compute='_compute_wechat_is_shared')

    # === COMPUTE METHODS === #

    @api.depends('payout_id')
    def _compute_wechat_is_shared(self):
        for record in self:
            record.wechat_is_shared = bool(record.sudo().payout_id.wechat_share_ids)

    # === ACTION METHODS === #

    def action_wechat_take_back(self):
        """Button: take back what was shared with a merchant; it is booked when all of it has come back."""
        self.check_access('write')
        for record in self.filtered(lambda record: record.state == 'draft'):
            record.lock_for_update()
            if obstacle := record._wechat_get_person_obstacle():
                raise UserError(obstacle)
            asked_sudo = record.sudo().wechat_return_ids.filtered(lambda back: back.state != 'failed')
            self.env['distribution.wechat.return']._create_for(record, record._wechat_get_shares() - asked_sudo.share_id)
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_take_back')

    # === BUSINESS METHODS === #

    def _wechat_conclude(self):
        """Post it in the name of who entered it, or let it wait for a second person, when all has come back."""
        if self.state == 'draft' and not self._get_obstacle():
            self.with_user(self.author_id).action_submit()

    # === GETTERS === #

    def _get_obstacle(self):
        """Override of `distribution_commission`: what was shared comes back by WeChat Pay, or never."""
        if (reason := super()._get_obstacle()) or not self.wechat_is_shared:
            return reason
        if obstacle := self._wechat_get_person_obstacle():
            return obstacle
        back_sudo = self.sudo().wechat_return_ids.filtered(lambda back: back.state == 'success')
        if self._wechat_get_shares() - back_sudo.share_id:
            return self.env._("Take it back by WeChat Pay first: the money is not here yet.")
        return None

    def _wechat_get_shares(self):
        return self.sudo().payout_id.wechat_share_ids.filtered(lambda share: share.state == 'success')

    def _wechat_get_person_obstacle(self):
        if any(share.receiver_id.kind == 'person' for share in self._wechat_get_shares()):
            return self.env._(
                "What WeChat Pay has shared with a person cannot be taken back. What the distributor owes is set off "
                "against its next commissions.")
        return None
