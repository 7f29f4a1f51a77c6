from odoo import api, models
from odoo.exceptions import UserError


class DistributionAppendOnly(models.AbstractModel):
    """Evidence: what was recorded stays as it was, for superuser and code too."""
    _name = 'distribution.append.only'
    _description = "Append-only Record"

    # === CRUD METHODS === #

    # pylint: disable=method-required-super
    # Refusing is the point.
    def write(self, vals):
        raise UserError(self.env._("This is a record of what happened and is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("This is a record of what happened and is never deleted."))
