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
        for payout in self.filtered(lambda payout: payout.state in ('sent', 'done')):
            if line := payout._find_statement_line():
                payout._set_done()
                payout._reconcile_statement_line(line)
                matched |= payout
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

    def _reconcile_statement_line(self, line):
        """Put the outstanding payment in place of the suspense account, and reconcile both."""
        payment_sudo = self.sudo().payment_id
        outstanding_sudo = payment_sudo.move_id.line_ids.filtered(
            lambda item: item.account_id == payment_sudo.outstanding_account_id)
        _liquidity, suspense_sudo, _other = line._seek_for_lines()
        suspense_sudo.write({'account_id': outstanding_sudo.account_id.id, 'partner_id': payment_sudo.partner_id.id})
        (suspense_sudo | outstanding_sudo).reconcile()

    # === GETTERS === #

    def _find_statement_line(self):
        """Return the one open line of a statement that names the payout and has its amount, with sudo.

        :rtype: account.bank.statement.line
        """
        self.ensure_one()
        if self.state == 'done' and (not self.payment_id or self.payment_id.sudo().is_matched):
            return None
        lines_sudo = self.env['account.bank.statement.line'].sudo().search([
            ('journal_id', '=', self.channel_id._get_journal().id),
            ('is_reconciled', '=', False),
            ('amount', '=', -self.net_amount),
            '|', ('payment_ref', 'ilike', self.name), ('ref', 'ilike', self.name),
        ])
        name = re.compile(rf'(?<![\w/]){re.escape(self.name)}(?![\w/])')
        lines_sudo = lines_sudo.filtered(lambda line: name.search(f'{line.payment_ref or ""} {line.ref or ""}'))
        return lines_sudo if len(lines_sudo) == 1 else None
