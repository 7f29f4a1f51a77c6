from odoo import models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def _increase_rank(self, field, n=1):
        """Override of `account`: who has a line in the entry of a settlement is a vendor, and that is all it says.

        Odoo writes on the partners one by one, which takes as long as posting the entry.
        """
        if not self.env.context.get('distribution_are_vendors'):
            super()._increase_rank(field, n)

    def _distribution_set_vendors(self):
        """Let these partners be found among vendors; those that are there already are not touched."""
        self.flush_model(['supplier_rank'])
        self.env.execute_query(SQL(
            "UPDATE res_partner SET supplier_rank = 1 WHERE id = ANY(%s) AND COALESCE(supplier_rank, 0) = 0 RETURNING id",
            list((self | self.commercial_partner_id).ids)))
        self.invalidate_model(['supplier_rank'])
