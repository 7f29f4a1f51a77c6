import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionPayoutBatch(models.Model):
    """Payouts that leave in one file for the bank. The file is made once, and kept.

    It holds names and account numbers, so that it is stored encrypted, and whoever takes it is written
    down. Its fingerprint is kept in clear: it proves which file the bank received.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        | drafts |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payout.batch'
    _description = "Bank File"
    _inherit = ['mail.thread', 'distribution.secret.mixin', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _secrets = ('content',)

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/')
    channel_id = fields.Many2one(
        comodel_name='distribution.payout.channel', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='channel_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    payout_ids = fields.One2many(
        comodel_name='distribution.payout', inverse_name='batch_id', string="Payouts", readonly=True)
    amount = fields.Monetary(string="Total", compute='_compute_amount')
    open_count = fields.Integer(string="Without a Result", compute='_compute_amount')
    state = fields.Selection(
        selection=[('draft', "Draft"), ('sent', "File made")],
        required=True, readonly=True, default='draft', copy=False, tracking=True, index=True)
    made_at = fields.Datetime(string="Made on", readonly=True, copy=False)
    file_name = fields.Char(readonly=True, copy=False)
    file_digest = fields.Char(string="SHA-256", readonly=True, copy=False)
    content = fields.Text(compute='_compute_secrets', exportable=False)
    content_encrypted = fields.Text(readonly=True, copy=False, groups=fields.NO_ACCESS)
    file = fields.Binary(
        compute='_compute_file', exportable=False, groups='distribution_commission.group_distribution_finance',
        help="Shown in no view: whoever reads it is written down.")

    # === COMPUTE METHODS === #

    @api.depends('payout_ids.net_amount', 'payout_ids.state')
    def _compute_amount(self):
        for batch in self:
            payouts = batch.payout_ids.filtered(lambda payout: payout.state != 'cancelled')
            batch.amount = sum(payouts.mapped('net_amount'))
            batch.open_count = len(payouts.filtered(lambda payout: payout.state in ('draft', 'sent')))

    def _compute_file(self):
        """Decrypt the file, after writing down who takes it; the same bytes every time."""
        for batch in self:
            batch.file = bool(batch.file_digest) and batch.sudo()._reveal(
                'content', self.env._("Bank file %s", batch.name)).encode()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['name'] = self.env['ir.sequence'].next_by_code('distribution.payout.batch')
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(batch.state != 'draft' for batch in self):
            raise UserError(self.env._("A bank file that was made is kept."))

    # === ACTION METHODS === #

    def action_make_file(self):
        """Button: promise the payments and make the file; pressed again, hand out the same file."""
        self.ensure_one()
        self.check_access('write')
        if self._update_state(('draft',), 'sent'):
            self._make_file()
        return self.action_download()

    def action_download(self):
        """Button: the file, in a request of its own: what was promised is committed by then."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{self.id}/file/{self.file_name}?download=true',
            'target': 'self',
        }

    def action_mark_done(self):
        """Button: the bank paid all that have no result yet."""
        self.payout_ids.filtered(lambda payout: payout.state == 'sent').action_mark_done()

    def action_match_statement(self):
        """Button: take the results from the bank statement."""
        return self.payout_ids.action_match_statement()

    # === BUSINESS METHODS === #

    def _make_file(self):
        payouts = self.payout_ids.filtered(lambda payout: payout.state == 'draft').sorted('id')
        if not payouts:
            raise UserError(self.env._("There is nothing to pay in %s.", self.name))
        for payout in payouts:
            payout._check_may_be_paid()
            payout._set_sent()
        file_name, content = self.channel_id._prepare_bank_file(self, payouts)
        self.sudo().write({
            **self._prepare_secret('content', base64.b64encode(content).decode()),
            'made_at': fields.Datetime.now(),
            'file_name': file_name,
            'file_digest': hashlib.sha256(content).hexdigest(),
        })


class DistributionPayout(models.Model):
    _inherit = 'distribution.payout'

    batch_id = fields.Many2one(
        comodel_name='distribution.payout.batch', string="Bank File", readonly=True, copy=False, ondelete='set null',
        index='btree_not_null')

    # === ACTION METHODS === #

    def action_send(self):
        """Override: what leaves in a file is sent when the file is made."""
        if by_file := self.filtered(lambda payout: payout.channel_id.code == 'bank_file' and payout.state == 'draft'):
            raise UserError(self.env._("Put these into a bank file: %s.", ", ".join(by_file.mapped('name'))))
        return super().action_send()

    def action_collect(self):
        """Button: put payouts that are ready into a new bank file, one for each channel."""
        self.check_access('write')
        payouts = self.filtered(lambda payout: (
            payout.channel_id.code == 'bank_file' and payout.state == 'draft' and payout.batch_id.state != 'sent'))
        if not payouts:
            raise UserError(self.env._("None of these is ready to be paid by a bank file."))
        batches = self.env['distribution.payout.batch']
        for channel, of_channel in payouts.grouped('channel_id').items():
            batch = batches.sudo().create({'channel_id': channel.id})
            of_channel.sudo().batch_id = batch
            batches |= batch.sudo(False)
        action = self.env['ir.actions.act_window']._for_xml_id(
            'distribution_commission.distribution_payout_batch_action')
        if len(batches) == 1:
            return {**action, 'views': [(False, 'form')], 'res_id': batches.id}
        return {**action, 'domain': [('id', 'in', batches.ids)]}

    def action_leave_batch(self):
        """Button: take a payout out of a bank file that is not made yet."""
        self.check_access('write')
        for payout in self:
            if payout.batch_id.state != 'draft':
                raise UserError(self.env._("%s is in a file that was made already.", payout.name))
            payout.sudo().batch_id = False

    # === GETTERS === #

    def _prepare_bank_file_row(self):
        """Return what a bank needs to pay; the account leaves Odoo here, and that is written down.

        :rtype: dict
        """
        self.ensure_one()
        account_sudo = self.sudo().account_id
        reason = self.env._("Bank file %(batch)s, %(payout)s", batch=self.batch_id.name, payout=self.name)
        return {
            'number': self.name,
            'holder': account_sudo._reveal('holder_name', reason),
            'account': account_sudo._reveal('number', reason),
            'bank': account_sudo.bank_name or '',
            'amount': self.net_amount,
            'currency': self.currency_id.name,
        }
