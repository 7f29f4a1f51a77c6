from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DistributionPayoutChannel(models.Model):
    """How withdrawals are paid. A channel is a `code` and the overrides guarded by it, the way
    payment providers are.

    A channel that pays by itself names its code in `_get_automatic_codes`, and says how to ask for a
    payment (`_send_payout_request`), how to ask what became of it (`_send_payout_query`) and what an
    answer means (`_extract_…`). It never decides about states: `distribution.payout` does.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | manager | own companies'  | x    | x     | x      | x      |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payout.channel'
    _description = "Payout Channel"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Selection(selection=[('manual', "Manual")], string="Kind", required=True, default='manual')
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    journal_id = fields.Many2one(
        comodel_name='account.journal',
        string="Paid from",
        domain="[('type', 'in', ('bank', 'cash'))]",
        check_company=True,
        index='btree_not_null',
        help="Empty: the company's first bank journal.",
    )
    min_amount = fields.Monetary(string="Smallest Payment", help="What is paid after the fee. 0: no limit.")
    max_amount = fields.Monetary(string="Largest Payment", help="What is paid after the fee. 0: no limit.")
    expiry_minutes = fields.Integer(
        string="Given up after (minutes)",
        default=60,
        help="When the provider still does not know a payment so long after it was sent, it never arrived: the money "
             "goes back. A provider that knows a payment decides itself how long it waits.",
    )
    is_automatic = fields.Boolean(string="Pays by Itself", compute='_compute_is_automatic')

    _check_limits = models.Constraint(
        'CHECK (COALESCE(min_amount, 0) >= 0 AND COALESCE(max_amount, 0) >= 0 AND COALESCE(expiry_minutes, 0) > 0)',
        "Limits of a channel are not negative, and it gives up after a while.",
    )

    # === COMPUTE METHODS === #

    @api.depends('code')
    def _compute_is_automatic(self):
        codes = self._get_automatic_codes()
        for channel in self:
            channel.is_automatic = channel.code in codes

    # === CONSTRAINT METHODS === #

    @api.constrains('code', 'company_id')
    def _check_under_way(self):
        """What is under way is asked about through the channel that it was sent through."""
        sent = self.env['distribution.payout'].sudo().search(
            [('channel_id', 'in', self.ids), ('state', '=', 'sent')], limit=1)
        if sent:
            raise ValidationError(self.env._(
                "%s is under way through this channel. Make another channel instead.", sent.name))

    # === BUSINESS METHODS === #

    def _send_payout_request(self, payout):
        """Ask the channel to pay. To be overridden by channels that pay by themselves.

        The number of the payout is its idempotency key, and was committed before. Called once for a
        number, in no circumstances a second time. Whatever it raises leaves the payout under way.

        :param distribution.payout payout:
        :return: The data of the payout as the channel gives it back.
        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _send_payout_query(self, payout):
        """Ask what became of a payout. To be overridden by channels that pay by themselves.

        :param distribution.payout payout:
        :return: The data of the payout as the channel gives it back.
        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _extract_payout_state(self, payout_data):
        """Return what an answer means. To be overridden by channels that pay by themselves.

        :param dict payout_data: See `_send_payout_request`.
        :return: 'sent' (under way), 'done', 'failed' (for good), or 'unknown' (there is no such number).
        :rtype: str
        """
        self.ensure_one()
        return 'sent'

    def _extract_payout_amount(self, payout_data):
        """Return the amount that an answer is about, or None if it does not say. To be overridden.

        :rtype: float|None
        """
        self.ensure_one()
        return payout_data.get('amount')

    def _extract_payout_reason(self, payout_data):
        """Return why a payment failed, in words for the distributor."""
        self.ensure_one()
        return self.env._("The channel refused the payment.")

    # === GETTERS === #

    @api.model
    def _get_automatic_codes(self):
        """Return the codes of the channels that pay by themselves. To be extended by them.

        :rtype: list[str]
        """
        return []

    def _needs_account(self):
        """Return whether it pays to an account that the distributor entered. To be overridden."""
        self.ensure_one()
        return True

    def _get_account_kinds(self):
        """Return the kinds of accounts that it pays to. To be overridden.

        :rtype: list[str]
        """
        self.ensure_one()
        return ['bank', 'alipay']

    def _needs_consent(self):
        """Return whether only the distributor may choose it, because it does not pay in money. To be overridden."""
        self.ensure_one()
        return False

    def _get_obstacle(self, withdrawal):
        """Return why this channel cannot pay a withdrawal, or None. To be extended.

        :rtype: str|None
        """
        self.ensure_one()
        if self._needs_consent() and not withdrawal.is_channel_chosen:
            return self.env._("“%s” is for distributors who chose it themselves.", self.name)
        if self._needs_account() and withdrawal.account_id.kind not in self._get_account_kinds():
            return self.env._("“%(channel)s” does not pay to an account like %(account)s.",
                              channel=self.name, account=withdrawal.account_name)
        return self._get_amount_obstacle(withdrawal.net_amount)

    def _get_amount_obstacle(self, amount):
        currency = self.currency_id
        if currency.compare_amounts(amount, self.min_amount) < 0:
            return self.env._("“%(channel)s” pays %(limit)s or more.",
                              channel=self.name, limit=currency.format(self.min_amount))
        if self.max_amount and currency.compare_amounts(amount, self.max_amount) > 0:
            return self.env._("“%(channel)s” pays up to %(limit)s at a time.",
                              channel=self.name, limit=currency.format(self.max_amount))
        return None

    def _get_journal(self):
        """Return the journal that the money leaves from."""
        self.ensure_one()
        return self.journal_id or self.env['account.journal'].search([
            *self.env['account.journal']._check_company_domain(self.company_id),
            ('type', '=', 'bank'),
        ], limit=1)
