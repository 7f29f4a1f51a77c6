import re

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .distribution_transfer import Transfer, to_minor

# 8 digits on paper, up to 20 of a fully digital invoice; elsewhere letters and separators as well.
_NUMBER = re.compile(r'[0-9A-Z][0-9A-Z/.-]{0,39}')


class DistributionSettlement(models.Model):
    """The bill of a company or sole trader: a draft with the statement, posted when their invoice is in.

    +--------------------------------+-----------------------------------+
    | debit                          | credit                            |
    +================================+===================================+
    | accrued commission             | payable (partner), with the taxes |
    | input tax                      |                                   |
    +--------------------------------+-----------------------------------+

    Meanwhile the commissions lie in the bucket `billed`: nobody can withdraw them, no other run settles
    them. The bill is in the company's currency: an invoice in another one is refused, not converted, so
    that no difference of exchange ever lies on the payable. Commissions that were taken back since an
    earlier invoice carry a tax that is not due any more; two lines of the bill, one with taxes and one
    without, take it off and leave the accrued account alone.
    """
    _inherit = 'distribution.settlement'

    invoice_number = fields.Char(
        readonly=True, copy=False, help="Of the distributor's invoice. All 20 digits of a digital one.")
    invoice_amount = fields.Monetary(readonly=True, copy=False, help="With taxes, as on the distributor's invoice.")
    invoice_date = fields.Date(readonly=True, copy=False)
    expected_amount = fields.Monetary(
        string="Invoice Expected", compute='_compute_expected_amount', compute_sudo=True,
        help="What the distributor's invoice has to come to, with taxes.")

    _invoice_uniq = models.UniqueIndex(
        "(distributor_id, invoice_number) WHERE invoice_number IS NOT NULL AND state != 'cancelled'",
        "An invoice is handed in once.")

    # === COMPUTE METHODS === #

    @api.depends('move_id.amount_total', 'state', 'deducted_amount')
    def _compute_expected_amount(self):
        for statement in self:
            deducted = statement.deducted_amount
            if statement.state == 'billed':
                deducted = statement._get_deduction()
                total = statement._get_total_with_deduction(deducted)
            else:
                total = statement.move_id.amount_total if statement.invoice_number or deducted else 0
            statement.expected_amount = total - deducted if total else 0

    # === ACTION METHODS === #

    def action_enter_invoice(self):
        """Button: enter the invoice that the distributor sent."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Invoice of the Distributor"),
            'res_model': 'distribution.settlement.invoice',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_settlement_id': self.id},
        }

    def action_post_bill(self):
        """Button of the accountant: the invoice is as expected; post the bill and release the money."""
        self.run_id.check_access('write')
        for statement in self.sudo():
            statement._post_bill()

    def action_cancel_bill(self):
        """Button: the distributor will not send an invoice; the commissions are available again."""
        self.run_id.check_access('write')
        for statement in self.sudo():
            statement._cancel_bill()

    # === BUSINESS METHODS === #

    def _hand_in_invoice(self, number, amount, date=None):
        """Take the number and the amount of the distributor's invoice; what does not fit is refused.

        :param str number:
        :param float amount: With taxes.
        :param date|None date: Today if not given.
        :raise UserError: when number or amount are not as expected; nothing is kept then.
        """
        self.ensure_one()
        number = re.sub(r'\s', '', number or '').upper()
        self._check_bill_currency()
        if self.state != 'billed':
            raise UserError(self.env._("%s does not wait for an invoice.", self.name))
        if not _NUMBER.fullmatch(number):
            raise UserError(self.env._("Enter the number of the invoice as it is printed on it."))
        if self.currency_id.compare_amounts(amount, self.expected_amount):
            raise UserError(self.env._(
                "The invoice has to come to %(expected)s with taxes, not to %(amount)s.",
                expected=self.currency_id.format(self.expected_amount), amount=self.currency_id.format(amount)))
        if self.search_count([
            ('distributor_id', '=', self.distributor_id.id), ('invoice_number', '=', number),
            ('id', '!=', self.id), ('state', '!=', 'cancelled'),
        ], limit=1):
            raise UserError(self.env._("The invoice %s was handed in before.", number))
        self.write({
            'invoice_number': number, 'invoice_amount': amount,
            'invoice_date': date or self.company_id._distribution_get_today()})

    def _post_bill(self):
        """Post the bill: once, when an invoice over just this amount is in."""
        self.ensure_one()
        self._check_bill_currency()
        deducted = self._get_deduction()
        self._take_deduction(deducted)
        expected = self.move_id.amount_total - deducted
        if self.currency_id.is_zero(expected):
            self.invoice_date = self.invoice_date or self.company_id._distribution_get_today()
        elif not self.invoice_number or self.currency_id.compare_amounts(self.invoice_amount, expected):
            raise UserError(self.env._(
                "The invoice of %(distributor)s over %(expected)s is not in.",
                distributor=self.distributor_id.display_name, expected=self.currency_id.format(expected)))
        if not self._update_state(('billed',), 'posted'):
            return
        self.run_id._set_carried(self)
        self.move_id.write({'ref': self.invoice_number or self.name, 'invoice_date': self.invoice_date})
        self.move_id.date = self.company_id._distribution_get_open_date(self.move_id.date)
        self.move_id._post(soft=False)
        payable_line = self._check_bill()
        self.write({'move_line_id': payable_line.id, 'posted_at': fields.Datetime.now(), 'deducted_amount': deducted})
        self._post_bill_transfers(payable_line)

    def _post_bill_transfers(self, payable_line):
        amount = to_minor(self.amount, self.currency_id)
        tax = to_minor(-payable_line.balance, self.currency_id) - amount
        self.env['distribution.transfer']._post([
            Transfer(
                idempotency_key=f'settlement:{self.id}:{source}', distributor_id=self.distributor_id.id,
                source=source, destination='payable', amount=moved, reason='settlement', settlement_id=self.id,
                move_line_id=payable_line.id)
            for source, moved in (('billed', amount), ('input_tax', tax)) if moved
        ], self.company_id)

    def _cancel_bill(self):
        """Give the commissions back to what is available, as far as nothing was taken back meanwhile."""
        self.ensure_one()
        rows = self.env.execute_query_dict(SQL(
            """
            SELECT c.id, c.distributor_id, c.transfer_count, (c.settled_amount - t.amount < 0) AS is_taken,
                   (t.amount * %s)::bigint AS amount
              FROM distribution_transfer t
              JOIN distribution_commission c ON c.id = t.commission_id
             WHERE t.settlement_id = %s AND t.destination = 'billed'
          ORDER BY c.id
               FOR UPDATE OF c
            """, 10 ** self.currency_id.decimal_places, self.id))
        if any(row['is_taken'] for row in rows):
            raise UserError(self.env._(
                "Commissions of this statement were taken back meanwhile, which is booked. Let it come to its end."))
        if self._update_state(('billed',), 'cancelled'):
            self.env['distribution.transfer']._post([
                Transfer.of_commission(row, 'billed', 'available', row['amount'], 'unsettlement', settlement_id=self.id)
                for row in rows
            ], self.company_id)
            self.move_id.button_cancel()

    def _take_deduction(self, deducted):
        """Write the lines that take the tax on what was taken back off the bill; they add up to nothing."""
        bill, account = self.move_id, self.company_id.distribution_accrued_account_id
        lines = bill.invoice_line_ids.filtered(lambda line: line.account_id == account).sorted('id')
        bill.write({'invoice_line_ids': [
            *(Command.delete(line.id) for line in lines[1:]),
            *(Command.create(vals) for vals in self._prepare_deduction_lines(lines[:1], deducted)),
        ]})

    def _check_bill_currency(self):
        """Check that the bill is in the currency that commissions are owed in: none is converted.

        :raise UserError:
        """
        if self.move_id and self.move_id.currency_id != self.currency_id:
            raise UserError(self.env._(
                "The commissions of %(statement)s are owed in %(own)s. An invoice in %(other)s is not taken: ask for one in %(own)s.",
                statement=self.name, own=self.currency_id.name, other=self.move_id.currency_id.name))

    def _check_bill(self):
        """Check that the posted bill books the statement and nothing else.

        :return: Its payable item.
        :rtype: account.move.line
        """
        company, lines = self.company_id, self.move_id.line_ids
        accrued = sum(lines.filtered(
            lambda line: line.account_id == company.distribution_accrued_account_id).mapped('balance'))
        payable_lines = lines.filtered(lambda line: line.account_id == company.distribution_payable_account_id)
        if self.currency_id.compare_amounts(accrued, self.amount) or len(payable_lines) != 1:
            raise UserError(self.env._(
                "The bill has to take %(amount)s from the account %(accrued)s and to owe all of it in one sum on %(payable)s.",
                amount=self.currency_id.format(self.amount), accrued=company.distribution_accrued_account_id.display_name,
                payable=company.distribution_payable_account_id.display_name))
        return payable_lines

    # === GETTERS === #

    def _prepare_deduction_lines(self, line, deducted):
        if self.currency_id.is_zero(deducted):
            return []
        common = {'account_id': line.account_id.id, 'quantity': 1, 'analytic_distribution': False}
        return [
            {**common, 'name': self.env._("Taken back after an earlier invoice"), 'price_unit': -deducted,
             'tax_ids': [Command.set(line.tax_ids.ids)]},
            {**common, 'name': self.env._("Set off against what is owed"), 'price_unit': deducted,
             'tax_ids': [Command.clear()]},
        ]

    def _get_deduction(self):
        """Return what was taken back after settlement and not deducted yet, up to the amount of this statement."""
        self.ensure_one()
        self.flush_model(['deducted_amount', 'state'])
        [(open_amount,)] = self.env.execute_query(SQL(
            """
            SELECT COALESCE((SELECT SUM(amount) FROM distribution_transfer
                              WHERE distributor_id = %(id)s AND source = 'payable' AND destination = 'merchant'), 0)
                 - COALESCE((SELECT SUM(deducted_amount) FROM distribution_settlement
                              WHERE distributor_id = %(id)s AND state = 'posted'), 0)
            """, id=self.distributor_id.id))
        return min(float(open_amount), self.amount)

    def _get_total_with_deduction(self, deducted):
        """Return what the bill comes to when something is deducted from what is taxed."""
        line = self.move_id.invoice_line_ids.sorted('id')[:1]
        totals = line.tax_ids.compute_all(
            self.amount - deducted, currency=self.currency_id, partner=self.distributor_id.partner_id,
            handle_price_include=False)
        return deducted + totals['total_included']


class DistributionSettlementRun(models.Model):
    _inherit = 'distribution.settlement.run'

    def _post_bills(self, statements, rows):
        """Make a draft bill for each statement, and set their commissions aside until the invoice is in."""
        if not statements:
            return
        self.env['distribution.balance']._open(statements.distributor_id)     # Older ones lack these buckets.
        bills = self.env['account.move'].with_context(tracking_disable=True).create([
            self._prepare_bill(statement) for statement in statements])
        payable = self.company_id.distribution_payable_account_id
        bills.line_ids.filtered(lambda line: line.display_type == 'payment_term').account_id = payable
        for statement, bill in zip(statements, bills, strict=True):
            if self.currency_id.compare_amounts(bill.amount_untaxed, statement.amount):
                raise UserError(self.env._("The taxes of the bill must not change what it is for: %s.", statement.name))
            statement.move_id = bill
        self._post_settled(statements, rows, 'billed')
        statements._update_states(('reviewed',), 'billed')

    def _prepare_bill(self, statement):
        company, partner = self.company_id, statement.distributor_id.partner_id
        position = self.env['account.fiscal.position'].with_company(company)._get_fiscal_position(partner)
        taxes = position.map_tax(company.distribution_bill_tax_id or company.account_purchase_tax_id)
        price = taxes.compute_all(statement.amount, currency=self.currency_id, handle_price_include=False)
        return {
            'move_type': 'in_invoice',
            'company_id': company.id,
            'partner_id': partner.id,
            'currency_id': self.currency_id.id,
            'fiscal_position_id': position.id,
            'invoice_payment_term_id': False,
            'invoice_origin': statement.name,
            'invoice_line_ids': [Command.create({
                'name': self.env._("Commissions of statement %s", statement.name),
                'account_id': company.distribution_accrued_account_id.id,
                'quantity': 1,
                'price_unit': price['total_included' if any(taxes.mapped('price_include')) else 'total_excluded'],
                'tax_ids': [Command.set(taxes.ids)],
                'analytic_distribution': False,
            })],
        }


class AccountMove(models.Model):
    _inherit = 'account.move'

    distribution_settlement_ids = fields.One2many(
        comodel_name='distribution.settlement', inverse_name='move_id', string="Settlement Statements",
        groups='distribution_core.group_distribution_user')

    def _post(self, soft=True):
        """Override of `account`: the bill of a statement is posted by the statement."""
        self.filtered(lambda move: move.move_type == 'in_invoice')._distribution_check_statements()
        return super()._post(soft=soft)

    def button_cancel(self):
        """Override of `account`: the bill of a statement is cancelled by the statement."""
        self._distribution_check_statements()
        return super().button_cancel()

    def _distribution_check_statements(self):
        """Refuse to touch the bill of a statement that waits for an invoice."""
        waiting_sudo = self.env['distribution.settlement'].sudo().search(
            [('move_id', 'in', self.ids), ('state', '=', 'billed')], limit=1) if self else None
        if waiting_sudo:
            raise UserError(self.env._(
                "This bill belongs to the statement %s, which waits for the distributor's invoice. Go on there.",
                waiting_sudo.name))
