from psycopg2 import IntegrityError

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import mute_logger


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = 'privacy.lookup.wizard.line'

    def action_unlink(self):
        """Override of `privacy_lookup`: what is kept by law stays, and the line says so instead of failing."""
        self.ensure_one()
        if self.is_unlinked:
            return super().action_unlink()
        try:
            with self.env.cr.savepoint(), mute_logger('odoo.sql_db'):
                return super().action_unlink()
        except IntegrityError:
            reason = self.env._("other records need it")
        except UserError as error:
            reason = error.args[0]
        self.execution_details = self.env._(
            "Kept %(model)s #%(id)s: %(reason)s", model=self.res_model_id.name, id=self.res_id, reason=reason)
        return None
