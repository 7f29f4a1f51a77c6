from odoo import models


class BasePartnerMerge(models.TransientModel):
    _inherit = 'base.partner.merge.automatic.wizard'

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Override of `base` because one customer belongs to one distributor: the oldest binding stays."""
        partners = self.env['res.partner'].browse(partner_ids).exists()
        self.env['distribution.binding'].sudo()._prepare_merge(partners | (dst_partner or partners.browse()))
        return super()._merge(partner_ids, dst_partner, extra_checks)
