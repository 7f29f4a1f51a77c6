from odoo import fields, models


class DistributionWechatPaidMixin(models.AbstractModel):
    """Money that WeChat Pay moves under a number of ours; when it arrived is kept, to look for it in the statement of that day."""
    _name = 'distribution.wechat.paid.mixin'
    _description = "Money Moved by WeChat Pay"
    _inherit = ['distribution.state.mixin']

    paid_at = fields.Datetime(string="Paid", readonly=True, copy=False, index='btree_not_null')

    # === BUSINESS METHODS === #

    def _update_state(self, allowed_states, target_state):
        """Override of `distribution.state.mixin` to keep when it arrived."""
        is_changed = super()._update_state(allowed_states, target_state)
        if is_changed and target_state == 'success':
            self.sudo().paid_at = fields.Datetime.now()
        return is_changed
