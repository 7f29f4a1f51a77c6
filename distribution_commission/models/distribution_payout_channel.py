from odoo import fields, models


class DistributionPayoutChannel(models.Model):
    """How withdrawals are paid. A channel is a `code` and the overrides guarded by it, the way
    payment providers are."""
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
    journal_id = fields.Many2one(
        comodel_name='account.journal',
        string="Paid from",
        domain="[('type', 'in', ('bank', 'cash'))]",
        check_company=True,
        index='btree_not_null',
        help="Empty: the company's first bank journal.",
    )

    # === BUSINESS METHODS === #

    def _send_payout_request(self, payout):
        """Ask the channel to pay. To be overridden by channels that pay by themselves.

        The number of the payout is its idempotency key and was committed before. The manual
        channel asks nobody: somebody pays at the bank and says so.

        :param distribution.payout payout:
        :return: The data of the payout as the channel gives it back.
        :rtype: dict
        """
        self.ensure_one()
        return {}

    def _extract_payout_state(self, payout_data):
        """Return what the channel's answer means: 'sent', 'done' or 'failed'.

        To be overridden by channels that pay by themselves.

        :param dict payout_data: See `_send_payout_request`.
        :rtype: str
        """
        self.ensure_one()
        return 'sent'

    # === GETTERS === #

    def _get_journal(self):
        """Return the journal that the money leaves from."""
        self.ensure_one()
        return self.journal_id or self.env['account.journal'].search([
            *self.env['account.journal']._check_company_domain(self.company_id),
            ('type', '=', 'bank'),
        ], limit=1)
