from odoo import Command, models


class DistributionPayout(models.Model):
    _inherit = 'distribution.payout'

    def _book(self):
        """Override of `distribution_commission` to credit the wallet, with an entry instead of a payment.

        +---------------------------+--------------------------------------+
        | debit                     | credit                               |
        +===========================+======================================+
        | payable (partner), gross  | income account of the wallet's       |
        |                           | product, a liability, net            |
        +---------------------------+--------------------------------------+
        |                           | withdrawal fees and taxes withheld   |
        +---------------------------+--------------------------------------+
        """
        if self.channel_id.code != 'ewallet':
            return super()._book()
        move = self.env['account.move'].create(self._prepare_wallet_move())
        move._post(soft=False)
        card_sudo = self.channel_id._get_wallet(self.distributor_id.partner_id)
        card_sudo.points = self.currency_id.round(card_sudo.points + self.net_amount)
        self.env['loyalty.history'].sudo().create({
            'card_id': card_sudo.id, 'description': self.env._("Commission %s", self.name), 'issued': self.net_amount})
        return move

    def _prepare_wallet_move(self):
        """Return the values of the entry.

        :rtype: dict
        """
        values = self._prepare_payment_values()
        credits = [
            {'name': self.name, 'account_id': self.channel_id._get_wallet_account().id, 'balance': -self.net_amount},
            *(
                {'name': line['name'], 'account_id': line['account_id'], 'balance': line['balance']}
                for line in values['write_off_line_vals']
            ),
        ]
        return {
            'move_type': 'entry',
            'company_id': self.company_id.id,
            'journal_id': self.company_id.distribution_journal_id.id,
            'date': values['date'],
            'ref': self.name,
            'line_ids': [
                Command.create({'partner_id': values['partner_id'], 'analytic_distribution': False, **line})
                for line in (
                    {'name': self.name, 'account_id': values['destination_account_id'], 'balance': self.amount},
                    *credits,
                )
            ],
        }
