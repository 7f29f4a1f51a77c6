from odoo import fields, models


class DistributionLevel(models.Model):
    _inherit = 'distribution.level'

    withdrawal_daily_limit = fields.Monetary(
        string="Withdrawal a Day", help="How much a distributor may ask for on one day. 0: no limit.")

    _check_withdrawal_daily_limit = models.Constraint(
        'CHECK (COALESCE(withdrawal_daily_limit, 0) >= 0'
        ' AND (company_id IS NOT NULL OR COALESCE(withdrawal_daily_limit, 0) = 0))',
        "A limit of withdrawals is an amount of one company: not below zero, and not for all companies.",
    )
