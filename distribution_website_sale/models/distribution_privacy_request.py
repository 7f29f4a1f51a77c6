from odoo import models


class DistributionPrivacyRequest(models.Model):
    _inherit = 'distribution.privacy.request'

    # === BUSINESS METHODS === #

    def _erase(self):
        """Override of `distribution_core`: the shop page goes, with its picture and its history."""
        pages = self.env['distribution.shop.page'].search(self._get_shop_page_domain())
        done = [self.env._("Erased: the shop page %s.", page.distributor_id.code) for page in pages]
        pages.unlink()
        return super()._erase() + done

    # === GETTERS === #

    def _get_privacy_sources(self):
        """Override of `distribution_core` to add the shop page."""
        return super()._get_privacy_sources() + [
            ('shop_page', 'distribution.shop.page', self._get_shop_page_domain(), (
                'name', 'phrase', 'create_date', 'state', 'off_reason', 'product_count')),
        ]

    def _get_shop_page_domain(self):
        return [('distributor_id', 'in', self._get_distributors().ids)]
