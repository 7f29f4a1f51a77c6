import re

from odoo import models
from odoo.exceptions import UserError

# The one company that wants to know the end of the receiver's number.
_WANTS_PHONE = 'SF'
_PHONE_END = 4


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    # === GETTERS === #

    def _wechat_get_numbers(self):
        """Return the numbers by which the parcels are followed.

        :rtype: list[str]
        """
        return [number.strip() for number in (self.carrier_tracking_ref or '').split(',') if number.strip()]

    def _wechat_prepare_parcel(self, number):
        """Return the values of a `Parcel`.

        :param str number:
        :rtype: dict
        :raise UserError: when the code of the company is missing.
        """
        self.ensure_one()
        company = self.carrier_id.wechat_code
        if not company:
            raise UserError(self.env._(
                "Enter the code that WeChat has for the express company of %(picking)s (%(carrier)s).",
                picking=self.name, carrier=self.carrier_id.name or self.env._("no delivery method")))
        names = self.move_ids.filtered('quantity').product_id.with_context(lang=self.partner_id.lang).mapped('name')
        return {
            'description': ", ".join(names), 'number': number, 'company': company,
            **({'phone': self._wechat_get_phone()} if company == _WANTS_PHONE else {})}

    def _wechat_get_phone(self):
        digits = re.sub(r'\D', '', self.partner_id.phone or '')
        if len(digits) < _PHONE_END:
            raise UserError(self.env._("WeChat wants the phone number of the receiver of %s.", self.name))
        return f'****{digits[-_PHONE_END:]}'
