from odoo import fields, models
from odoo.exceptions import UserError


class DistributionReveal(models.TransientModel):
    """Ask why, before a secret is shown. Keeps the question only: the answer is never stored."""
    _name = 'distribution.reveal'
    _description = "Show in Clear"

    model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field='model', required=True, readonly=True)
    field_name = fields.Char(required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_reveal(self):
        """Show the secret once, in a message that leaves no trace in the browser's history."""
        self.ensure_one()
        record = self.env.get(self.model, self).browse(self.res_id)
        if self.field_name not in getattr(record, '_secrets', ()):
            raise UserError(self.env._("There is nothing to show."))
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'info',
                'sticky': True,
                'title': record._fields[self.field_name]._description_string(self.env),
                'message': record._reveal(self.field_name, self.reason),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }
