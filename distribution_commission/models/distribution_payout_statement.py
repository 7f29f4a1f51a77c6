import re

from odoo import models


class DistributionPayout(models.Model):
    """The bank statement says what was paid: lines that name the number of a payout."""
    _inherit = 'distribution.payout'

    # === ACTION METHODS === #

    def action_match_statement(self):
        """Button: look for these payouts in bank statements; what is found there was paid, and is reconciled."""
        self.check_access('write')
        matched = self.browse()
        for payout in self.filtered(lambda payout: payout.state in ('sent', 'done', 'returned')):
            has_left, has_come_back = payout._match_payment(), payout._match_return()
            matched |= payout if has_left or has_come_back else self.browse()
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success' if matched else 'info',
                'message': self.env._("%s payouts found in bank statements.", len(matched)),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }

    # === BUSINESS METHODS === #

    def _match_payment(self):
        """Find what left the bank; then it was paid.

        :rtype: bool
        """
        payment_sudo = self.sudo().payment_id
        if self.state != 'sent' and (not payment_sudo or payment_sudo.is_matched):
            return False
        line_sudo = self._find_statement_line(-self.net_amount)
        if line_sudo:
            if self.state == 'sent':
                self._set_done()
            self._reconcile_statement_line(line_sudo, self.sudo().payment_id)
        return bool(line_sudo)

    def _match_return(self):
        """Find what came back to the bank.

        :rtype: bool
        """
        payment_sudo = self.sudo().return_ids.payment_id
        if not payment_sudo or payment_sudo.is_matched:
            return False
        line_sudo = self._find_statement_line(self.net_amount)
        if line_sudo:
            self._reconcile_statement_line(line_sudo, payment_sudo)
        return bool(line_sudo)

    def _reconcile_statement_line(self, line, payment_sudo):
        """Put the outstanding payment in place of the suspense account, and reconcile both."""
        outstanding_sudo = payment_sudo.move_id.line_ids.filtered(
            lambda item: item.account_id == payment_sudo.outstanding_account_id)
        _liquidity, suspense_sudo, _other = line._seek_for_lines()
        suspense_sudo.write({'account_id': outstanding_sudo.account_id.id, 'partner_id': payment_sudo.partner_id.id})
        (suspense_sudo | outstanding_sudo).reconcile()

    # === GETTERS === #

    def _find_statement_line(self, amount):
        """Return the one open line of a statement that names the payout and has this amount, with sudo.

        :param float amount: Below zero when it left the bank.
        :rtype: account.bank.statement.line|None
        """
        self.ensure_one()
        journal = self.channel_id._get_journal()
        # A bank account in another currency tells the payout's own amount beside what it cost.
        is_same_currency = (journal.currency_id or journal.company_id.currency_id) == self.currency_id
        lines_sudo = self.env['account.bank.statement.line'].sudo().search([
            ('journal_id', '=', journal.id),
            ('is_reconciled', '=', False),
            *([('amount', '=', amount)] if is_same_currency else [
                ('foreign_currency_id', '=', self.currency_id.id), ('amount_currency', '=', amount)]),
            '|', ('payment_ref', 'ilike', self.name), ('ref', 'ilike', self.name),
        ])
        name = re.compile(rf'(?<![\w/]){re.escape(self.name)}(?![\w/])')
        lines_sudo = lines_sudo.filtered(lambda line: name.search(f'{line.payment_ref or ""} {line.ref or ""}'))
        return lines_sudo if len(lines_sudo) == 1 else None
