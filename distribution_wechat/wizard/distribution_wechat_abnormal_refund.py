import re

from odoo import fields, models
from odoo.exceptions import ValidationError

from ..wechat.pay import PayerCard

_BANK = re.compile('[A-Z]{2,20}_DEBIT')
_CARD = re.compile('[0-9]{8,30}')


class DistributionWechatAbnormalRefund(models.TransientModel):
    """Ask where the money of a refund shall go that the payer's card does not take.

    Card and name are sealed for WeChat Pay as soon as they are typed: nobody here can read them again.
    """
    _name = 'distribution.wechat.abnormal.refund'
    _description = "Refund That Did Not Arrive"

    transaction_id = fields.Many2one(comodel_name='payment.transaction', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='transaction_id.currency_id')
    amount = fields.Monetary(related='transaction_id.amount')
    target = fields.Selection(
        selection=[('payer', "Another card of the payer"), ('merchant', "Back to the merchant")],
        required=True, default='payer',
        help="Back to the merchant: pay the customer by other means then.")
    bank_type = fields.Char(string="Bank", help="The bank as WeChat Pay names it, e.g. ICBC_DEBIT: a debit card.")
    card_number = fields.Char(compute='_compute_card', inverse='_inverse_card', exportable=False)
    holder_name = fields.Char(compute='_compute_card', inverse='_inverse_card', exportable=False)
    card_number_sealed = fields.Char(groups=fields.NO_ACCESS)
    holder_name_sealed = fields.Char(groups=fields.NO_ACCESS)

    # === COMPUTE METHODS === #

    def _compute_card(self):
        """What was typed is not read again."""
        self.card_number = self.holder_name = False

    def _inverse_card(self):
        for wizard in self:
            number, name = (wizard.card_number or '').replace(' ', ''), (wizard.holder_name or '').strip()
            if number and not _CARD.fullmatch(number):
                raise ValidationError(self.env._("A card number has 8 to 30 digits."))
            client = wizard.transaction_id.sudo().provider_id.wechatpay_merchant_id._get_client()
            typed = {'card_number_sealed': number, 'holder_name_sealed': name}
            wizard.invalidate_recordset(['card_number', 'holder_name'], flush=False)
            wizard.sudo().write({field: client.seal(text) for field, text in typed.items() if text})

    # === ACTION METHODS === #

    def action_confirm(self):
        """Button: tell WeChat Pay where the money shall go."""
        self.ensure_one()
        self.transaction_id.check_access('write')
        self.transaction_id.sudo()._wechatpay_redirect_refund(self._prepare_card() if self.target == 'payer' else None)
        self.sudo().unlink()
        return {'type': 'ir.actions.act_window_close'}

    def _prepare_card(self):
        """Return the card of the payer.

        :rtype: PayerCard
        :raise ValidationError: when something is missing.
        """
        wizard_sudo = self.sudo()
        card = PayerCard(self.bank_type or '', wizard_sudo.card_number_sealed, wizard_sudo.holder_name_sealed)
        if not all(card) or not _BANK.fullmatch(card.bank_type):
            raise ValidationError(self.env._("Enter the bank, the number of the card and the name of its holder."))
        return card
