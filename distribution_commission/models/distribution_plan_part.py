from odoo import api, models


class DistributionPlanPart(models.AbstractModel):
    """A part of a plan version: changed while the version is a draft, frozen with it afterwards."""
    _name = 'distribution.plan.part'
    _description = "Part of a Plan Version"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._get_version()._check_is_draft()
        return parts

    def write(self, vals):
        """Check the version that the part is in, and the one that it is moved to."""
        self._get_version()._check_is_draft()
        res = super().write(vals)
        self._get_version()._check_is_draft()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._get_version()._check_is_draft()

    # === HOOKS === #

    def _get_version(self):
        """Hook: return the versions that these are parts of."""
        return self.version_id
