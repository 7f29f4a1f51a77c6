import math

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

_CAME_TO_NOTHING = ('refused', 'failed', 'cancelled', 'returned')


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    # === ACTION METHODS === #

    def action_request_withdrawal(self):
        """Button: ask in the name of the distributor; somebody else approves."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'distribution_commission.distribution_withdrawal_request_action'),
            'context': {'default_distributor_id': self.id, 'default_amount': max(0.0, self.payable_amount)},
        }

    # === BUSINESS METHODS === #

    def _request_withdrawal(self, amount, account=None, channel=None, entered_by=None):
        """Reserve an amount of the payable and record the wish to be paid it.

        The only way in which money leaves the payable towards the distributor: under the lock of
        the balance row, so that two wishes at once never take more than there is.

        :param float amount: In the company's currency, before the fee.
        :param distribution.payee.account|None account: A verified one of its own; the first if none is given.
        :param distribution.payout.channel|None channel: Chosen by the distributor; else whoever approves chooses.
        :param res.users|None entered_by: The member of staff who asks in the name of the distributor.
        :rtype: distribution.withdrawal
        :raise UserError: when it cannot be done; nothing has moved then.
        """
        self.ensure_one()
        amount = self._check_withdrawal_amount(amount)
        self._check_may_withdraw()
        account = self._check_withdrawal_account(account, channel)
        self._check_withdrawal_bounds(amount)
        self._lock_payable(amount)
        self._check_withdrawal_day(amount)
        withdrawal_sudo = self.env['distribution.withdrawal'].sudo().create(
            self._prepare_withdrawal(amount, account, channel, entered_by))
        withdrawal_sudo._check_channel()
        withdrawal_sudo._post_transfer('payable', 'reserved', 'reservation')
        return withdrawal_sudo

    def _prepare_withdrawal(self, amount, account, channel, entered_by):
        """Return the values of a withdrawal that was checked. To be extended."""
        return {
            'name': self.env['ir.sequence'].sudo().next_by_code('distribution.withdrawal'),
            'distributor_id': self.id,
            'company_id': self.company_id.id,
            'amount': amount,
            'fee_amount': self.company_id.sudo()._distribution_get_fee(amount),
            'requested_at': fields.Datetime.now(),
            'account_id': account.id,
            'account_name': account.display_name if account else False,
            'channel_id': channel.id if channel else False,
            'is_channel_chosen': bool(channel),
            'entered_by_id': entered_by.id if entered_by else False,
        }

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

    def _check_may_withdraw(self):
        """Check whom money may be paid to at all.

        :raise UserError:
        """
        if reason := self.sudo()._get_withdrawal_obstacle():
            raise UserError(reason)

    def _check_withdrawal_account(self, account, channel):
        """Return the account to pay to: an own one that is verified, or none where the channel needs none.

        :raise UserError:
        """
        own_sudo = self.sudo()._get_verified_accounts(channel)
        if channel and not channel.sudo()._needs_account():
            return own_sudo.browse()
        if account and account.sudo().distributor_id != self:
            raise UserError(self.env._("A withdrawal goes to an account of your own only."))
        account_sudo = account.sudo() if account else own_sudo[:1]
        if not account_sudo or account_sudo not in own_sudo:
            raise UserError(self.env._(
                "Add the account that you want to be paid to, and wait until we have verified it."))
        return account_sudo

    def _check_withdrawal_bounds(self, amount):
        """Check the company's smallest and largest withdrawal, and that something is left after the fee.

        :raise UserError:
        """
        company_sudo, currency = self.company_id.sudo(), self.currency_id
        smallest, largest = company_sudo.distribution_withdrawal_min, company_sudo.distribution_withdrawal_max
        if currency.compare_amounts(amount, smallest) < 0:
            raise UserError(self.env._("You can withdraw %s or more.", currency.format(smallest)))
        if largest and currency.compare_amounts(amount, largest) > 0:
            raise UserError(self.env._("You can withdraw up to %s at a time.", currency.format(largest)))
        fee = company_sudo._distribution_get_fee(amount)
        if currency.compare_amounts(fee, amount) >= 0:
            raise UserError(self.env._("The fee of %s would leave nothing to be paid.", currency.format(fee)))

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

    def _check_withdrawal_day(self, amount):
        """Check what may be asked for on one day. The lock of the payable makes wishes queue up.

        :raise UserError: when the wishes of today, less those that came to nothing, would be too much.
        """
        currency = self.currency_id
        limit, count_limit = self._get_withdrawal_daily_limits()
        asked, count = self._get_withdrawn_today()
        if count_limit and count >= count_limit:
            raise UserError(self.env._("You can ask for %s withdrawals a day. Come back tomorrow.", count_limit))
        if limit and currency.compare_amounts(asked + amount, limit) > 0:
            raise UserError(self.env._(
                "You can withdraw %(limit)s a day; %(left)s are left for today.",
                limit=currency.format(limit), left=currency.format(max(0.0, limit - asked))))

    # === GETTERS === #

    def _get_withdrawal_quote(self, amount, account=None, channel=None):
        """Return what a withdrawal would be, after all checks that need no lock; nothing is written.

        :return: `amount`, `fee` and `net` in the company's currency.
        :rtype: dict
        :raise UserError: when it cannot be.
        """
        self.ensure_one()
        amount = self._check_withdrawal_amount(amount)
        self._check_may_withdraw()
        self._check_withdrawal_account(account, channel)
        self._check_withdrawal_bounds(amount)
        fee = self.company_id.sudo()._distribution_get_fee(amount)
        return {'amount': amount, 'fee': fee, 'net': self.currency_id.round(amount - fee)}

    def _get_withdrawal_terms(self):
        """Return what a distributor has to know before it asks: amounts, 0 where there is no limit.

        :return: `smallest`, `largest`, `day_limit`, `day_left`, `count_limit`, `fee_fixed` and `fee_rate`.
        :rtype: dict
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        day_limit, count_limit = self._get_withdrawal_daily_limits()
        asked, _count = self._get_withdrawn_today()
        return {
            'smallest': company_sudo.distribution_withdrawal_min,
            'largest': company_sudo.distribution_withdrawal_max,
            'day_limit': day_limit,
            'day_left': max(0.0, day_limit - asked),
            'count_limit': count_limit,
            'fee_fixed': company_sudo.distribution_withdrawal_fee_fixed,
            'fee_rate': company_sudo.distribution_withdrawal_fee_rate,
        }

    def _get_choosable_channels(self):
        """Return the channels that pay in something else than money, which only the distributor can choose.

        :rtype: distribution.payout.channel
        """
        self.ensure_one()
        return self.env['distribution.payout.channel'].sudo().search([
            ('company_id', '=', self.company_id.id)]).filtered(lambda channel: channel._needs_consent())

    def _get_withdrawal_obstacle(self):
        """Return why nothing may be paid to the distributor now, in words for the distributor, or None.

        :rtype: str|None
        """
        self.ensure_one()
        if self.state == 'suspended' or self.is_held:
            return self.env._("Your account is under review. Nothing can be withdrawn until that is over.")
        if self.kind == 'employee':
            return self.env._("Employees are paid with their salary.")
        if not self.is_identified:
            return self.env._("Before the first payout your identity has to be verified.")
        return None

    def _get_verified_accounts(self, channel=None):
        """Return the accounts that can be paid to, by this channel if one is given."""
        self.ensure_one()
        domain = Domain([('distributor_id', '=', self.id), ('verified_at', '!=', False), ('erase_on', '=', False)])
        if channel:
            domain &= Domain('kind', 'in', channel._get_account_kinds())
        return self.env['distribution.payee.account'].search(domain)

    def _get_withdrawal_daily_limits(self):
        """Return how much and how often a distributor may ask on one day; 0 is no limit.

        :rtype: tuple[float, int]
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        limit = self.sudo().level_id.withdrawal_daily_limit or company_sudo.distribution_withdrawal_daily_limit
        return limit, company_sudo.distribution_withdrawal_daily_count

    def _get_withdrawn_today(self):
        """Return the sum and the number of the wishes of today, in the company's time zone.

        :rtype: tuple[float, int]
        """
        company_sudo = self.company_id.sudo()
        begin = company_sudo._distribution_get_beginning(company_sudo._distribution_get_today())
        [(asked, count)] = self.env['distribution.withdrawal'].sudo()._read_group([
            ('distributor_id', '=', self.id), ('requested_at', '>=', begin), ('state', 'not in', _CAME_TO_NOTHING),
        ], [], ['amount:sum', '__count'])
        return asked, count
