import math

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

AMOUNT_FIELDS = {
    'pending_amount': 'pending',
    'available_amount': 'available',
    'held_amount': 'held',
    'billed_amount': 'billed',
    'payable_amount': 'payable',
    'reserved_amount': 'reserved',
    'paid_amount': 'paid',
    'withheld_amount': 'withheld',
}


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    currency_id = fields.Many2one(related='company_id.currency_id')
    balance_ids = fields.One2many(comodel_name='distribution.balance', inverse_name='distributor_id', readonly=True)
    pending_amount = fields.Monetary(string="Pending", compute='_compute_amounts')
    available_amount = fields.Monetary(string="Available", compute='_compute_amounts')
    held_amount = fields.Monetary(string="Held", compute='_compute_amounts', help="Under review.")
    billed_amount = fields.Monetary(
        string="Waiting for Invoice", compute='_compute_amounts',
        help="In statements that are paid as soon as the invoice is in.")
    payable_amount = fields.Monetary(string="Payable", compute='_compute_amounts')
    reserved_amount = fields.Monetary(string="In Payout", compute='_compute_amounts')
    paid_amount = fields.Monetary(string="Paid", compute='_compute_amounts')
    earned_amount = fields.Monetary(string="Earned", compute='_compute_amounts')

    # === COMPUTE METHODS === #

    @api.depends('balance_ids.amount')
    def _compute_amounts(self):
        amounts = {
            (distributor.id, bucket): amount
            for distributor, bucket, amount in self.env['distribution.balance']._read_group(
                [('distributor_id', 'in', self.ids)], ['distributor_id', 'bucket'], ['amount:sum'])
        }
        for distributor in self:
            for field_name, bucket in AMOUNT_FIELDS.items():
                distributor[field_name] = amounts.get((distributor.id, bucket), 0)
            distributor.earned_amount = -amounts.get((distributor.id, 'merchant'), 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `distribution_core` to open the balances."""
        distributors = super().create(vals_list)
        self.env['distribution.balance']._open(distributors)
        return distributors

    @api.ondelete(at_uninstall=False)
    def _unlink_balances(self):
        """Only drafts are deleted, see `distribution_core`; their balances are zero."""
        self.sudo().balance_ids.unlink()

    # === ACTION METHODS === #

    def action_view_commissions(self):
        """Smart button: the commissions of this distributor."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Commissions"),
            'res_model': 'distribution.commission',
            'view_mode': 'list,form,pivot',
            'domain': [('distributor_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _request_withdrawal(self, amount, partner_bank=None):
        """Reserve an amount of the payable and record the wish to be paid it.

        The only way in which money leaves the payable towards the distributor: under the lock of
        the balance row, so that two wishes at once never take more than there is.

        :param float amount: In the company's currency.
        :param res.partner.bank|None partner_bank: An own account.
        :rtype: distribution.withdrawal
        :raise UserError: when it cannot be done; nothing has moved then.
        """
        self.ensure_one()
        amount = self._check_withdrawal_amount(amount)
        if self.state == 'suspended' or self.is_held:
            raise UserError(self.env._("Your account is under review. Nothing can be withdrawn until that is over."))
        if partner_bank and partner_bank.partner_id != self.partner_id:
            raise UserError(self.env._("A withdrawal goes to an account of your own only."))
        self._lock_payable(amount)
        self._check_withdrawal_daily_limit(amount)
        withdrawal_sudo = self.env['distribution.withdrawal'].sudo().create({
            'name': self.env['ir.sequence'].sudo().next_by_code('distribution.withdrawal'),
            'distributor_id': self.id,
            'company_id': self.company_id.id,
            'amount': amount,
            'requested_at': fields.Datetime.now(),
            'partner_bank_id': partner_bank.id if partner_bank else False,
        })
        withdrawal_sudo._post_transfer('payable', 'reserved', 'reservation')
        return withdrawal_sudo

    def _check_withdrawal_amount(self, amount):
        """Return the amount as the currency has it.

        :raise UserError: when it is no amount, not positive, or finer than the currency.
        """
        currency = self.currency_id
        if not isinstance(amount, (int, float)) or not math.isfinite(amount):
            raise UserError(self.env._("Enter an amount."))
        if currency.compare_amounts(amount, 0) <= 0:
            raise UserError(self.env._("Enter an amount above zero."))
        rounded = currency.round(amount)
        if abs(rounded - amount) > 1e-9:
            raise UserError(self.env._(
                "The amount has more than %s decimals.", currency.decimal_places))
        return rounded

    def _lock_payable(self, amount):
        """Lock the payable balance and check that it holds the amount."""
        rows = self.env.execute_query(SQL(
            """
            SELECT amount FROM distribution_balance
             WHERE distributor_id = %s AND bucket = 'payable'
               FOR UPDATE
            """, self.id))
        payable = float(rows[0][0]) if rows else 0.0
        if self.currency_id.compare_amounts(amount, payable) > 0:
            raise UserError(self.env._(
                "You can withdraw up to %s.", self.currency_id.format(max(0.0, payable))))

    def _check_withdrawal_daily_limit(self, amount):
        """Check what the level allows on one day, in UTC. The lock of the payable makes wishes queue up.

        :raise UserError: when the wishes of today, less those that came to nothing, would be too much.
        """
        limit = self.sudo().level_id.withdrawal_daily_limit
        if not limit:
            return
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        [(asked,)] = self.env['distribution.withdrawal'].sudo()._read_group([
            ('distributor_id', '=', self.id), ('requested_at', '>=', today),
            ('state', 'not in', ('refused', 'failed', 'cancelled')),
        ], [], ['amount:sum'])
        if self.currency_id.compare_amounts(asked + amount, limit) > 0:
            raise UserError(self.env._(
                "Your level allows withdrawals of %(limit)s a day; %(left)s are left for today.",
                limit=self.currency_id.format(limit), left=self.currency_id.format(max(0.0, limit - asked))))

    # === GETTERS === #

    @api.model
    def _get_amount_fields(self):
        return AMOUNT_FIELDS

    def _get_retain_until(self):
        """Override of `distribution_core`: tax records name who was paid, for years after the last payout."""
        last_payout = self.env['distribution.payout'].sudo().search(
            [('distributor_id', '=', self.id), ('state', '=', 'done')], order='done_at desc', limit=1)
        if not last_payout:
            return super()._get_retain_until()
        policy = self.env['distribution.policy'].sudo()._get_in_force(self.company_id)
        return fields.Date.add(last_payout.done_at.date(), years=policy.retention_years)
