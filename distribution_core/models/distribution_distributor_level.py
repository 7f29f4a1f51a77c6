from odoo import api, fields, models


class DistributionDistributor(models.Model):
    """The level of a distributor: every change of it, however made, is in the history."""
    _inherit = 'distribution.distributor'

    trained_at = fields.Date(string="Training Done on", copy=False, tracking=True)
    level_failing_since = fields.Date(
        readonly=True, copy=False, groups='distribution_core.group_distribution_user',
        help="Since when the conditions of the level fail, as the nightly run saw it; the grace is counted from here.")
    level_history_ids = fields.One2many(
        comodel_name='distribution.level.history',
        inverse_name='distributor_id',
        readonly=True,
        groups='distribution_core.group_distribution_user',
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        distributors = super().create(vals_list)
        self.env['distribution.level.history'].sudo()._record(
            distributors, 'import' if '_import_current_module' in self.env.context else 'creation')
        return distributors

    def write(self, vals):
        if 'level_id' not in vals:
            return super().write(vals)
        moving = self.filtered(lambda distributor: distributor.level_id.id != (vals['level_id'] or False))
        res = super().write(vals)
        moving._record_level_change()
        return res

    # === ACTION METHODS === #

    def action_grant_level(self):
        """Button: ask for the next level, the reason, and how long it is kept."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_level_grant_action'),
            'context': {'default_distributor_ids': self.ids},
        }

    # === BUSINESS METHODS === #

    def _set_level(self, level, reason, kept_until=None):
        """Give a level by hand.

        :param distribution.level level: Empty: none.
        :param str reason: Kept in the history.
        :param date|None kept_until: No run takes the level before this day.
        """
        moving = self.with_context(
            distribution_level_reason=reason, distribution_level_kept_until=kept_until)
        staying = moving.filtered(lambda distributor: distributor.level_id == level)
        (moving - staying).write({'level_id': level.id})
        staying._record_level_change()          # kept for longer, or for another reason

    def _record_level_change(self):
        if not self:
            return
        if marked := self.filtered('level_failing_since'):
            marked.level_failing_since = False
        context = self.env.context
        self.env['distribution.level.history'].sudo()._record(
            self,
            'import' if '_import_current_module' in context else 'manual',
            reason=context.get('distribution_level_reason'),
            kept_until=context.get('distribution_level_kept_until'),
        )
