from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class DistributionWechatJoin(models.Model):
    """Two customers who are one person: one by WeChat, and one who was here before.

    From then on the person logs in as the one that is kept, who gets the WeChat identities and the binding
    that is older. Nothing else moves: orders, invoices and money stay with the contact that they name.

    When the platform has verified the number of both, they are joined at once. Whatever else speaks for it is
    for an officer to decide: a number that somebody typed is no proof.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    | x     | x      |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.join'
    _description = "Customers to Join"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _rec_name = 'partner_id'

    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Kept", required=True, index=True, ondelete='cascade',
        help="Whom the person logs in as from then on.")
    other_partner_id = fields.Many2one(
        comodel_name='res.partner', string="By WeChat", required=True, index=True, ondelete='cascade',
        help="Whose login ends.")
    reason = fields.Char(required=True, help="How you know that they are one person.")
    is_verified = fields.Boolean(
        string="Both Numbers Verified", readonly=True, help="By the platform, for both of them.")
    state = fields.Selection(
        selection=[('proposed', "Proposed"), ('joined', "Joined"), ('refused', "Refused")],
        required=True, readonly=True, default='proposed')
    obstacle = fields.Char(readonly=True, help="Why they could not be joined without you.")
    decided_at = fields.Datetime(string="Decided", readonly=True)
    decided_by_id = fields.Many2one(comodel_name='res.users', string="Decided by", readonly=True)

    _pair_uniq = models.UniqueIndex(
        "(company_id, partner_id, other_partner_id) WHERE state = 'proposed'", "These two are proposed already.")

    # === CONSTRAINT METHODS === #

    @api.constrains('partner_id', 'other_partner_id')
    def _check_two(self):
        if any(join.partner_id == join.other_partner_id for join in self):
            raise ValidationError(self.env._("Choose two contacts."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._without_gate_fields(vals) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Override so that what was decided stays as it was."""
        if vals.keys() & {'partner_id', 'other_partner_id', 'company_id'} and any(
                join.state != 'proposed' for join in self):
            raise UserError(self.env._("This is decided."))
        return super().write(vals)

    # === ACTION METHODS === #

    def action_join(self):
        """Button: let them be one."""
        self.check_access('write')
        for join_sudo in self.sudo():
            join_sudo._join()

    def action_refuse(self):
        """Button: they are two."""
        self.check_access('write')
        for join_sudo in self.sudo():
            if join_sudo._update_state(('proposed',), 'refused'):
                join_sudo._set_decided()

    # === BUSINESS METHODS === #

    @api.model
    def _propose(self, partner, other, is_verified=False):
        """Propose that somebody by WeChat is a customer who was here before; when it is sure, join them.

        :param res.partner partner: By WeChat.
        :param res.partner other:
        :param bool is_verified: Whether the platform has verified the same number for both.
        :rtype: distribution.wechat.join
        """
        company = self.env.company
        values = {'partner_id': other.id, 'other_partner_id': partner.id, 'company_id': company.id}
        if known := self.search([(name, '=', value) for name, value in values.items()], limit=1):
            return known        # also when it was refused: nobody is asked twice
        join = self.create({**values, 'is_verified': is_verified, 'reason': (
            self.env._("WeChat has verified one phone number for both.") if is_verified
            else self.env._("WeChat has verified the number that the other one has typed."))})
        if is_verified:
            try:
                with self.env.cr.savepoint():
                    join._join()
            except UserError as error:
                join.obstacle = str(error)
        return join

    def _join(self):
        self.ensure_one()
        self._check_may_be_joined()
        if not self._update_state(('proposed',), 'joined'):
            return
        kept, other = self.partner_id, self.other_partner_id
        self._move_identities(kept, other)
        self._move_bindings(kept, other)
        other.user_ids.active = False
        self._set_decided()
        for partner, text in (
            (kept, self.env._("Logs in by WeChat from now on; was %s there.", other.display_name)),
            (other, self.env._("Is the same person as %s, and logs in as that from now on.", kept.display_name)),
        ):
            partner._message_log(body=text)

    def _move_identities(self, kept, other):
        """Tie the identities to the one that is kept, who has met whom the other met in browsers as well."""
        identities = self.env['distribution.wechat.identity'].search([('partner_id', '=', other.id)])
        identities.partner_id = False
        for identity in identities:
            identity._bind(kept)
        visitors = self.env['distribution.visitor']
        known = set(visitors.search([('partner_id', '=', kept.id)]).mapped('visitor'))
        visitors.create([
            {'visitor': visitor.visitor, 'partner_id': kept.id, 'at': visitor.at}
            for visitor in visitors.search([('partner_id', '=', other.id)]) if visitor.visitor not in known])

    def _move_bindings(self, kept, other):
        """End the binding of the one that goes; when it is the older one it goes on with the one that is kept.

        As when contacts are merged: the oldest binding stays.
        """
        bindings = self.env['distribution.binding']
        now = fields.Datetime.now()
        for ending in bindings.search([
            ('partner_id', '=', other.commercial_partner_id.id), ('until_at', '=', False),
        ]):
            own = bindings.search([
                ('partner_id', '=', kept.commercial_partner_id.id), ('company_id', '=', ending.company_id.id),
                ('until_at', '=', False)])
            ending._end(now)
            is_own_customer = ending.distributor_id.partner_id.commercial_partner_id == kept.commercial_partner_id
            if is_own_customer or (own and own.from_at <= ending.from_at):
                continue
            own._end(now)
            bindings.create({
                'partner_id': kept.id, 'company_id': ending.company_id.id, 'distributor_id': ending.distributor_id.id,
                'source': ending.source, 'from_at': now, 'expires_at': ending.expires_at, 'touch_id': ending.touch_id.id,
                'reason': self.env._("Customers joined: it held for the other one since %s.", ending.from_at)})

    def _set_decided(self):
        self.write({'decided_at': fields.Datetime.now(), 'decided_by_id': self.env.uid})

    # === GETTERS === #

    def _check_may_be_joined(self):
        """Refuse what would move money or rights.

        :raise UserError:
        """
        kept, other = self.partner_id, self.other_partner_id
        if not kept.user_ids.filtered(lambda user: user.active and user.share):
            raise UserError(self.env._("%s has no login.", kept.display_name))
        if any(not user.share for user in (kept | other).user_ids):
            raise UserError(self.env._("Employees are not joined with customers."))
        if other.with_context(active_test=False).distributor_ids:
            raise UserError(self.env._(
                "%s is a distributor: what it earned is its own. Merge the contacts, or close the distributor first.",
                other.display_name))
        users = other.user_ids
        if any(user.email for user in users) and not self.env.user._is_internal():
            raise UserError(self.env._("%s can log in by other means, too: an officer has to decide.", other.display_name))
