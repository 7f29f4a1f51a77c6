from odoo import api, fields, models

from .distribution_wechat_notice import CHANNEL


class DistributionNotificationSetting(models.Model):
    _inherit = 'distribution.notification.setting'

    channel = fields.Selection(selection_add=[(CHANNEL, "WeChat")], ondelete={CHANNEL: 'cascade'})

    # === GETTERS === #

    @api.model
    def _is_wanted_by_default(self, topic, channel):
        """Override of `distribution_core`: a sale is told of at once; that it became available can be seen."""
        if channel == CHANNEL and topic == 'commission':
            return True
        return super()._is_wanted_by_default(topic, channel)

    @api.model
    def _get_channels(self, company):
        """Override of `distribution_core` to offer what the company has set up only."""
        channels = super()._get_channels(company)
        is_used = self.env['distribution.wechat.template']._is_used_in(company.id)
        return [channel for channel in channels if channel != CHANNEL or is_used]
