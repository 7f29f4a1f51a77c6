from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionPayoutReturn(models.Model):
    """Money of a payout that came back after it was done: the bank returned it, or it went to a wrong account.

    All of the payout is the distributor's again, fee and tax included: it was no income. The payment and
    what it was reconciled with stay as they are, so that closed months do; a payment against it is posted
    in the open month, and what it owes is reconciled with the next payout. Above the limit of withdrawals
    a second person approves.

    +----------------------------+--------------------------+
    | debit                      | credit                   |
    +============================+==========================+
    | outstanding receipts, net  | payable (partner), gross |
    | withdrawal fees            |                          |
    | tax withheld               |                          |
    +----------------------------+--------------------------+

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | finance          | own companies'  | x    | x     | x      | drafts |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payout.return'
    _description = "Returned Payout"
    _inherit = ['distribution.correction.mixin']
    _order = 'id desc'
    _check_company_auto = True

    payout_id = fields.Many2one(
        comodel_name='distribution.payout', required=True, index=True, ondelete='restrict',
        domain="[('state', '=', 'done')]")
    distributor_id = fields.Many2one(related='payout_id.distributor_id', store=True, index=True)
    company_id = fields.Many2one(related='payout_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(related='payout_id.amount', string="Given back", help="Fee and tax included.")
    net_amount = fields.Monetary(related='payout_id.net_amount', string="Came back")
    kind = fields.Selection(
        selection=[('returned', "The bank returned it"), ('wrong_account', "It was paid to a wrong account")],
        string="What happened", required=True, default='returned')
    returned_on = fields.Date(
        string="On", required=True, default=lambda self: self.env.company._distribution_get_today(),
        help="Booked on this day, or on the first one that is not closed.")
    payment_id = fields.Many2one(
        comodel_name='account.payment', readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    move_id = fields.Many2one(
        comodel_name='account.move', string="Journal Entry", readonly=True, copy=False, ondelete='restrict',
        index='btree_not_null')

    _payout_uniq = models.UniqueIndex(
        "(payout_id) WHERE state != 'refused'", "This payout was returned, or somebody has entered that already.")
    _check_four_eyes = models.Constraint(
        'CHECK (approved_by_id IS NULL OR approved_by_id != author_id)', "Nobody approves what they entered.")

    # === BUSINESS METHODS === #

    def _post_transfers(self):
        """Override of the mixin: book it, and give the distributor everything back. Once."""
        self.ensure_one()
        payout, withdrawal = self.payout_id, self.payout_id.withdrawal_id
        if not payout._update_state(('done',), 'returned'):
            raise UserError(self._get_obstacle())
        self.payment_id = payout._post_payment(self._prepare_payment_values())
        self.move_id = self.payment_id.move_id
        payable_line = self.move_id.line_ids.filtered(
            lambda line: line.account_id == self.company_id.distribution_payable_account_id)
        for part in self._get_parts():
            withdrawal._post_transfer(part.destination, 'payable', 'return', part.amount, payable_line)
        withdrawal._set_returned(self.reason)

    # === GETTERS === #

    @api.model
    def _get_content_fields(self):
        return super()._get_content_fields() | {'payout_id', 'kind', 'returned_on'}

    @api.model
    def _get_gate_fields(self):
        return super()._get_gate_fields() | {'payment_id', 'move_id'}

    def _check_can_post(self):
        if obstacle := self._get_obstacle():
            raise UserError(obstacle)

    def _needs_second_person(self):
        return self.payout_id.withdrawal_id._needs_second_person()

    def _get_obstacle(self):
        """Return why this payout cannot come back, or None.

        :rtype: str|None
        """
        payout_sudo = self.sudo().payout_id
        if payout_sudo.state != 'done':
            return self.env._("%s is not a payout that was done.", payout_sudo.name)
        if not payout_sudo.payment_id:
            return self.env._("%s was not paid in money. Take it back where it was given.", payout_sudo.name)
        paid_on = self.company_id._distribution_get_day(payout_sudo.done_at)
        if not paid_on <= self.returned_on <= self.company_id._distribution_get_today():
            return self.env._("The money came back after it was paid, and not in the future.")
        return None

    def _get_parts(self):
        """Return the transfers in which the payout left: net, fee, tax.

        :rtype: distribution.transfer
        """
        return self.env['distribution.transfer'].search([
            ('withdrawal_id', '=', self.payout_id.withdrawal_id.id),
            ('source', '=', 'reserved'),
            ('destination', '!=', 'payable'),
        ], order='id')

    def _prepare_payment_values(self):
        """Return the values of the payment: the other way round, each item of the entry on its account.

        :rtype: dict
        """
        payment, payable = self.payout_id.payment_id, self.company_id.distribution_payable_account_id
        kept = payment.move_id.line_ids.filtered(
            lambda line: line.account_id not in payable | payment.outstanding_account_id)
        return {
            'payment_type': 'inbound',
            'partner_type': 'supplier',
            'partner_id': payment.partner_id.id,
            'amount': payment.amount,
            'currency_id': self.currency_id.id,
            'company_id': self.company_id.id,
            'journal_id': payment.journal_id.id,
            'date': self.company_id._distribution_get_open_date(self.returned_on),
            'memo': self.env._("%(payout)s returned (%(number)s)", payout=self.payout_id.name, number=self.name),
            'payment_reference': self.name,
            'destination_account_id': payable.id,
            'write_off_line_vals': [
                {
                    'name': line.name,
                    'account_id': line.account_id.id,
                    'partner_id': line.partner_id.id,
                    'currency_id': line.currency_id.id,
                    'amount_currency': -line.amount_currency,
                    'balance': -line.balance,
                }
                for line in kept
            ],
        }


class DistributionPayout(models.Model):
    _inherit = 'distribution.payout'

    return_ids = fields.One2many(
        comodel_name='distribution.payout.return', inverse_name='payout_id', string="Returns", readonly=True)

    # === ACTION METHODS === #

    def action_return(self):
        """Button: enter that the money came back, or look at where that was entered."""
        self.ensure_one()
        entered = self.return_ids.filtered(lambda record: record.state != 'refused')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Returned Payout"),
            'res_model': 'distribution.payout.return',
            'views': [(False, 'form')],
            'res_id': entered.id,
            'context': {'default_payout_id': self.id},
        }

    # === BUSINESS METHODS === #

    def _process(self, payout_data):
        """Override of `distribution_commission`: what a channel repeats about money that came back is history."""
        if self.state != 'returned':
            super()._process(payout_data)


class DistributionBooks(models.AbstractModel):
    _inherit = 'distribution.books'

    @api.model
    def _get_checks(self):
        """Override of `distribution_commission` to add what came back."""
        return [*super()._get_checks(), ("what came back is all of the payout", self._check_returned)]

    @api.model
    def _check_returned(self):
        return self._execute(
            """
            SELECT company.id, SUM(t.amount) FILTER (WHERE t.source = 'reserved' AND t.destination != 'payable'),
                   COALESCE(SUM(t.amount) FILTER (WHERE t.reason = 'return'), 0), format('payout %%s', payout.name)
              FROM distribution_payout payout
              JOIN res_company company ON company.id = payout.company_id
              JOIN distribution_transfer t ON t.withdrawal_id = payout.withdrawal_id
             WHERE payout.state = 'returned'
          GROUP BY company.id, payout.id, payout.name
            HAVING SUM(CASE WHEN t.source = 'reserved' AND t.destination != 'payable' THEN t.amount
                            WHEN t.reason = 'return' THEN -t.amount ELSE 0 END) != 0
            """)
