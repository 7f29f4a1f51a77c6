import logging

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)
_BATCH = 500


class DistributionKeyRotation(models.AbstractModel):
    """Encrypts anew, under the current key, whatever was encrypted under an old one.

    Runs by itself once a day, so that a new key takes effect; running it again changes nothing. When
    it reports that nothing is left, the old key can be thrown away.
    """
    _name = 'distribution.key.rotation'
    _description = "Key Rotation"

    @api.model
    def action_rotate(self):
        """Button: rotate now, and say what came of it."""
        counts = self._rotate()
        failed = counts['failed']
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning' if failed else 'success',
                'message': self.env._(
                    "Encrypted anew: %(done)s. Cannot be read: %(failed)s.", done=counts['done'], failed=failed),
            },
        }

    @api.model
    def _cron_rotate(self):
        """Rotate if there is a key at all; a server that keeps no numbers needs none."""
        try:
            self.env['distribution.secret.mixin']._get_keyring()
        except UserError:
            _logger.info("No encryption key is set: nothing to rotate.")
            return
        self._rotate()

    @api.model
    def _rotate(self):
        """Rotate all values, committing after each batch when run by a cron.

        :return: How many values were encrypted anew (`done`), and how many cannot be read (`failed`).
        :rtype: dict[str, int]
        """
        counts = {'done': 0, 'failed': 0}
        for model, name in self._get_secrets():
            last_id = 0
            while records := self._get_outdated(model, name, last_id):
                done = sum(self._rotate_value(record, name) for record in records)
                counts['done'] += done
                counts['failed'] += len(records) - done
                last_id = records[-1].id
                if self.env.context.get('cron_id'):
                    self.env['ir.cron']._commit_progress(len(records))
        _logger.info("Key rotation: %(done)s values encrypted anew, %(failed)s cannot be read", counts)
        return counts

    @api.model
    def _rotate_value(self, record, name):
        """Encrypt one value anew. One that cannot be read stays as it is.

        :rtype: bool
        """
        try:
            values = record._prepare_secret(name, record._decrypt(name))
        except UserError:
            _logger.warning("Key rotation: %s of %s cannot be read", name, record)
            return False
        record.write(values)
        return True

    # === GETTERS === #

    @api.model
    def _get_secrets(self):
        """Return all secrets of the database.

        :rtype: list[tuple[models.Model, str]]
        """
        return [
            (model.sudo().with_context(active_test=False), name)
            for model in self.env.values() if not model._abstract
            for name in getattr(model, '_secrets', ())
        ]

    @api.model
    def _get_outdated(self, model, name, after_id):
        """Return the next records whose value is not under the current key."""
        current = self.env['distribution.secret.mixin']._get_keyring().current
        return model.search([
            ('id', '>', after_id),
            (f'{name}_encrypted', '!=', False),
            (f'{name}_encrypted', 'not =like', f'v1:{current}:%'),
        ], order='id', limit=_BATCH)
