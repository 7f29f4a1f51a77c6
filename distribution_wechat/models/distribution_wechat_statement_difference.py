from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_wechat_statement_line import KINDS


class DistributionWechatStatementDifference(models.Model):
    """What differs between a statement of WeChat Pay and what is known here.

    open → healed, when it is gone by itself, or explained, by an accountant and with a reason. It stays on record.

    +---------------+-----------------+------+----------+--------+--------+
    | group         | records         | read | write    | create | unlink |
    +===============+=================+======+==========+========+========+
    | finance       | own companies'  | x    | a reason |        |        |
    +---------------+-----------------+------+----------+--------+--------+
    """
    _name = 'distribution.wechat.statement.difference'
    _description = "Difference in a WeChat Pay Statement"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _rec_name = 'number'

    statement_id = fields.Many2one(
        comodel_name='distribution.wechat.statement', required=True, readonly=True, index=True, ondelete='restrict')
    merchant_id = fields.Many2one(related='statement_id.merchant_id')
    company_id = fields.Many2one(related='statement_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='statement_id.currency_id')
    day = fields.Date(related='statement_id.day', store=True)
    key = fields.Char(required=True, readonly=True, help="Equal for the same difference found again.")
    kind = fields.Selection(
        selection=[
            ('missing_here', "Not Known Here"),
            ('missing_there', "Not at WeChat Pay"),
            ('amount', "Other Amount"),
            ('fee', "Other Fee"),
            ('state', "Other State"),
            ('duplicate', "Twice"),
            ('balance', "Balance Does Not Follow"),
        ],
        required=True, readonly=True)
    subject = fields.Selection(
        selection=[*KINDS, ('other', "Movement")], required=True, readonly=True)
    number = fields.Char(readonly=True)
    platform_number = fields.Char(string="WeChat's Number", readonly=True)
    amount_here = fields.Monetary(string="Here", readonly=True)
    amount_there = fields.Monetary(string="At WeChat Pay", readonly=True)
    state_here = fields.Char(readonly=True)
    state_there = fields.Char(readonly=True)
    description = fields.Char(compute='_compute_description')
    state = fields.Selection(
        selection=[('open', "Open"), ('explained', "Explained"), ('healed', "Gone by Itself")],
        required=True, readonly=True, default='open', index=True)
    reason = fields.Char(string="Why")
    explained_by_id = fields.Many2one(comodel_name='res.users', readonly=True, ondelete='restrict')
    explained_at = fields.Datetime(readonly=True)

    _key_uniq = models.UniqueIndex('(statement_id, key)', "A difference is named once.")

    # === COMPUTE METHODS === #

    @api.depends('kind', 'subject', 'number', 'amount_here', 'amount_there', 'state_here', 'state_there')
    def _compute_description(self):
        texts = self._get_texts()
        subjects = dict(self._fields['subject']._description_selection(self.env))
        for found in self:
            found.description = texts[found.kind] % {
                'what': subjects[found.subject], 'number': found.number or found.platform_number,
                'here': found.currency_id.format(found.amount_here),
                'there': found.currency_id.format(found.amount_there),
                'state_here': found.state_here, 'state_there': found.state_there}

    # === CRUD METHODS === #

    def write(self, vals):
        if 'reason' in vals and any(found.state != 'open' for found in self):
            raise UserError(self.env._("What was explained stays explained."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A difference is kept as a record."))

    # === ACTION METHODS === #

    def action_explain(self):
        """Button: settle it, with the reason that was entered."""
        self.check_access('write')
        for found in self:
            if not (found.reason or '').strip():
                raise UserError(self.env._("Enter why %s differs first.", found.number or found.platform_number))
            if found._update_state(('open',), 'explained'):
                found.sudo().write({'explained_by_id': self.env.uid, 'explained_at': fields.Datetime.now()})
        self.statement_id.sudo()._conclude()

    # === GETTERS === #

    @api.model
    def _get_texts(self):
        """Return the words by kind.

        :rtype: dict[str, str]
        """
        return {
            'missing_here': self.env._("%(what)s %(number)s of %(there)s at WeChat Pay is not known here."),
            'missing_there': self.env._("%(what)s %(number)s of %(here)s is done here, and not in the statement."),
            'amount': self.env._("%(what)s %(number)s is of %(here)s here, and of %(there)s at WeChat Pay."),
            'fee': self.env._("The fee of %(number)s is %(there)s, by the merchant's rate it is %(here)s."),
            'state': self.env._(
                "%(what)s %(number)s of %(there)s is “%(state_here)s” here, and “%(state_there)s” at WeChat Pay."),
            'duplicate': self.env._("%(what)s %(number)s of %(there)s is in the statement twice."),
            'balance': self.env._(
                "After movement %(number)s the balance is %(there)s, by the one before it is %(here)s."),
        }
