from odoo import fields, models


class DeliveryCarrier(models.Model):
    _inherit = 'delivery.carrier'

    wechat_code = fields.Char(
        string="Code at WeChat", help="Of the express company, as WeChat's list of them has it: SF, ZTO, YTO, JD, EMS, …")
