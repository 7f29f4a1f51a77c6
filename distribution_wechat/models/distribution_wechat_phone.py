from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

# The country code is written or not; what comes last tells numbers apart.
_DIGITS = 11
# Numbers are given to somebody else after a while: an older proof is for an officer to judge.
_PROOF_TIME = timedelta(days=90)


class DistributionWechatIdentity(models.Model):
    """The phone number that the platform has verified, and the customer whom it leads to."""
    _inherit = 'distribution.wechat.identity'

    phone_hash = fields.Char(
        string="Phone (hash)", readonly=True, copy=False, index='btree_not_null',
        groups='distribution_core.group_distribution_manager')
    phone_verified_at = fields.Datetime(string="Phone Verified", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    def _verify_phone(self, number):
        """Take a number that the platform has verified to be this person's.

        Who has verified the same number before is the same person: the identity is tied to that customer, or the
        two become one. That somebody has typed the number somewhere proves nothing: such customers an officer
        joins, or does not.

        :param str number: With its country code.
        """
        self.ensure_one()
        self.write({'phone_hash': self._get_phone_hash(number), 'phone_verified_at': fields.Datetime.now()})
        holder = self._find_verified_holder()
        if not self.partner_id:
            if holder:
                self._bind(holder)
            return
        joins = self.env['distribution.wechat.join']
        if holder:
            joins._propose(self.partner_id, holder, is_verified=True)
        else:
            for claimant in self._find_claimants(number):
                joins._propose(self.partner_id, claimant)
        if not self.partner_id.phone:
            self.partner_id.phone = number

    # === GETTERS === #

    @api.model
    def _get_phone_hash(self, number):
        return hmac(self.env(su=True), 'distribution-wechat-phone', self._get_last_digits(number))

    @api.model
    def _get_last_digits(self, number):
        return ''.join(char for char in number if char.isdecimal())[-_DIGITS:]

    def _find_verified_holder(self):
        """Return the one other customer with a login who has verified the number, too, not long ago, or nobody.

        :rtype: res.partner
        """
        holders = self.search([
            ('phone_hash', '=', self.phone_hash), ('company_id', '=', self.company_id.id),
            ('partner_id', '!=', False), ('partner_id', '!=', self.partner_id.id),
            ('phone_verified_at', '>', fields.Datetime.now() - _PROOF_TIME),
        ]).partner_id.filtered(lambda partner: partner.user_ids.filtered('share'))
        return holders if len(holders) == 1 else holders.browse()

    def _find_claimants(self, number):
        """Return the other customers with a login whose number it is said to be.

        :rtype: res.partner
        """
        self.env['res.partner'].flush_model(['phone'])
        rows = self.env.execute_query(SQL(
            """
            SELECT DISTINCT partner.id
              FROM res_users u
              JOIN res_partner partner ON partner.id = u.partner_id
             WHERE u.active AND u.share AND u.company_id = %s AND partner.id != %s
               AND right(regexp_replace(partner.phone, '\\D', '', 'g'), %s) = %s
             LIMIT 3
            """, self.company_id.id, self.partner_id.id, _DIGITS, self._get_last_digits(number)))
        return self.env['res.partner'].browse(id_ for id_, in rows)
