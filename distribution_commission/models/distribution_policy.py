from odoo import fields, models


class DistributionPolicy(models.Model):
    _inherit = 'distribution.policy'

    plan_second_person = fields.Boolean(
        string="Plans Need a Second Person",
        default=True,
        tracking=True,
        help="Whoever approves a version of a commission plan is none of those who wrote or submitted it. Only a "
             "company with a single administrator goes without; that it does is part of each dossier.",
    )
