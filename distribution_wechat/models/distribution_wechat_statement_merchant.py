from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..wechat.pay import get_last_day


class DistributionWechatMerchant(models.Model):
    """Where the money of a merchant is booked, and from when on its statements are fetched."""
    _inherit = 'distribution.wechat.merchant'
    _check_company_auto = True

    statement_from = fields.Date(
        string="Statements from", copy=False, default=lambda self: get_last_day(fields.Datetime.now()),
        help="The statements of WeChat Pay are fetched daily, from this day on and up to 90 days back. Empty: never.")
    journal_id = fields.Many2one(
        comodel_name='account.journal', string="Bank Journal", domain="[('type', '=', 'bank')]", check_company=True,
        copy=False, index='btree_not_null', ondelete='restrict',
        help="What moves on the merchant's account becomes a bank statement of this journal, a day each. Empty: none.")
    fee_account_id = fields.Many2one(
        comodel_name='account.account', domain="[('internal_group', '=', 'expense')]",
        check_company=True, index='btree_not_null', ondelete='restrict',
        help="What WeChat Pay keeps of payments. Empty: it stays open in the bank statement.")
    fee_rate = fields.Float(
        string="Fee (%)", digits=(6, 3), default=0.6,
        help="What the fees of payments are compared with. 0: they are not.")
    accountant_id = fields.Many2one(
        comodel_name='res.users', index='btree_not_null',
        help="Who is told about differences. Empty: who made this merchant.")

    _journal_uniq = models.UniqueIndex(
        '(journal_id) WHERE journal_id IS NOT NULL', "Each merchant has a journal of its own: it is one account.")
    _check_fee_rate = models.Constraint(
        'CHECK (fee_rate >= 0 AND fee_rate < 100)', "The fee is a part of the payment.")

    # === CONSTRAINT METHODS === #

    @api.constrains('journal_id')
    def _check_journal(self):
        for journal in self.journal_id:
            if journal.type != 'bank' or (journal.currency_id or journal.company_id.currency_id).name != 'CNY':
                raise ValidationError(self.env._("The account of a merchant is a bank journal in CNY."))

    # === ACTION METHODS === #

    def action_view_statements(self):
        """Smart button: the statements of this merchant."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'distribution_wechat.distribution_wechat_statement_action')
        return {**action, 'domain': [('merchant_id', '=', self.id)], 'context': {'default_merchant_id': self.id}}

    # === GETTERS === #

    def _get_fee_rate(self):
        """Return the fee per 100,000.

        :rtype: int
        """
        self.ensure_one()
        return round(self.fee_rate * 1000)
