from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionCorrectionMixin(models.AbstractModel):
    """A correction of money by a person: with a reason, and a second person where it matters.

    draft → (waiting for a second person) → posted or refused, forward only, through one gate. What is
    posted is never changed: post another one.
    """
    _name = 'distribution.correction.mixin'
    _description = "Correction by a Person"
    _inherit = ['mail.thread', 'distribution.state.mixin']

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    reason = fields.Text(required=True, copy=False, help="Kept with the correction, for whoever asks later.")
    state = fields.Selection(
        selection=[
            ('draft', "Draft"),
            ('waiting', "Waiting for a second person"),
            ('posted', "Posted"),
            ('refused', "Refused"),
        ],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
        index=True,
    )
    author_id = fields.Many2one(
        comodel_name='res.users', required=True, readonly=True, copy=False, ondelete='restrict',
        default=lambda self: self.env.uid)
    approved_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False, ondelete='restrict')
    posted_at = fields.Datetime(readonly=True, copy=False)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Whoever enters it is the author, and it begins as a draft with a number of its own."""
        return super().create([
            {
                **self._without_gate_fields(vals),
                'author_id': self.env.uid,
                'name': self.env['ir.sequence'].sudo().next_by_code(self._name),
            }
            for vals in vals_list
        ])

    def write(self, vals):
        """Drafts change; what is kept does not."""
        if self._get_content_fields() & set(vals) and any(record.state != 'draft' for record in self):
            raise UserError(self.env._("Only a draft can be changed. Make a new one instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(record.state != 'draft' for record in self):
            raise UserError(self.env._("Only a draft can be deleted. This is kept as a record."))

    # === ACTION METHODS === #

    def action_submit(self):
        """Button of the author: post, or wait for a second person."""
        self.check_access('write')
        for record in self:
            record._check_can_post()
            if record._needs_second_person():
                record.sudo()._update_state(('draft',), 'waiting')
            else:
                record._post_correction(('draft',))

    def action_approve(self):
        """Button of a second person: post."""
        self.check_access('write')
        for record in self:
            if record.author_id == self.env.user:
                raise UserError(self.env._("Somebody other than %s has to approve this.", record.author_id.name))
            record._post_correction(('waiting',))

    def action_refuse(self):
        """Button: it is not posted; nothing moves."""
        self.check_access('write')
        for record in self:
            record.sudo()._update_state(('draft', 'waiting'), 'refused')

    # === BUSINESS METHODS === #

    def _post_correction(self, allowed_states):
        """Move the money, once."""
        record_sudo = self.sudo()
        if not record_sudo._update_state(allowed_states, 'posted'):
            return
        record_sudo.write({
            'posted_at': fields.Datetime.now(),
            'approved_by_id': self.env.uid if allowed_states == ('waiting',) else False,
        })
        record_sudo._post_transfers()

    # === HOOKS === #

    @api.model
    def _get_content_fields(self):
        """Hook: return the fields that say what is corrected."""
        return {'reason'}

    @api.model
    def _get_gate_fields(self):
        """Hook: return the fields that nobody writes but the gate."""
        return {'name', 'state', 'author_id', 'approved_by_id', 'posted_at'}

    def _check_can_post(self):
        """Hook: raise when it cannot be posted."""

    def _needs_second_person(self):
        """Hook: whether the author may not post it alone."""
        return True

    def _post_transfers(self):
        """Hook: check under the locks, and move the money."""
        raise NotImplementedError
