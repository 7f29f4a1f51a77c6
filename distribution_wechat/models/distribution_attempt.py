from odoo import fields, models


class DistributionAttempt(models.Model):
    _inherit = 'distribution.attempt'

    kind = fields.Selection(
        selection_add=[('wechat', "Code of a login by WeChat")], ondelete={'wechat': 'cascade'})
