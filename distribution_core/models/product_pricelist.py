from odoo import models


class ProductPricelist(models.Model):
    _inherit = 'product.pricelist'

    def _get_partner_pricelist_multi(self, partner_ids):
        """Override of `product` to let an active distributor buy at the prices of its level.

        Read when it is asked for, so that nothing has to be written on partners when levels
        change. A pricelist set on the partner itself goes before.
        """
        pricelists = super()._get_partner_pricelist_multi(partner_ids)
        if not self.env['res.groups']._is_feature_enabled('product.group_product_pricelist'):
            return pricelists
        distributors_sudo = self.env['distribution.distributor'].sudo().search([
            ('partner_id', 'in', list(partner_ids)),
            ('company_id', '=', self.env.company.id),
            ('state', '=', 'active'),
            ('level_id.pricelist_id', '!=', False),
        ])
        for distributor_sudo in distributors_sudo:
            own = distributor_sudo.partner_id.specific_property_product_pricelist
            pricelist = distributor_sudo.level_id.pricelist_id.with_env(self.env)
            if not own._get_partner_pricelist_multi_filter_hook() \
                    and pricelist._get_partner_pricelist_multi_filter_hook():
                pricelists[distributor_sudo.partner_id.id] = pricelist
        return pricelists
