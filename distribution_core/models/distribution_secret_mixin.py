import functools
import os

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import config

from ..crypto import CannotDecrypt, InvalidKey, Keyring

NEW_KEY_COMMAND = """python3 -c "import base64, os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\""""


class DistributionSecretMixin(models.AbstractModel):
    """Fields that are kept encrypted, under a key that is not in the database.

    A secret named `x` consists of fields of the model that inherits this:

    +---------------+--------------------------------------------------------------------------+
    | `x`           | What is typed. Not stored; reads as empty, always.                       |
    +---------------+--------------------------------------------------------------------------+
    | `x_encrypted` | Stored, `groups=fields.NO_ACCESS`.                                       |
    +---------------+--------------------------------------------------------------------------+
    | `x_masked`    | Stored: the part that may be shown.                                      |
    +---------------+--------------------------------------------------------------------------+
    | `x_index`     | Optional, stored, `groups=fields.NO_ACCESS`: finds equal values.         |
    +---------------+--------------------------------------------------------------------------+

    The clear text leaves through `_reveal` alone, which checks and logs. Writing nothing into `x`
    changes nothing; `_erase_secrets` takes values away.
    """
    _name = 'distribution.secret.mixin'
    _description = "Encrypted Fields"

    # Names of the secrets of a model, in the order in which they are checked.
    _secrets = ()

    # === COMPUTE METHODS === #

    def _compute_secrets(self):
        """What was typed is not read again."""
        for name in self._secrets:
            self[name] = False

    def _inverse_secrets(self):
        for record in self:
            record_sudo = record.sudo()     # nobody reads some of them
            typed = {name: record_sudo[name] for name in self._secrets if record_sudo[name]}
            record.invalidate_recordset(self._secrets, flush=False)
            record._set_secrets(typed)

    # === BUSINESS METHODS === #

    def _set_secrets(self, typed):
        """Check, encrypt and mask what was typed.

        :param dict[str, str] typed: Clear texts by the names of the secrets.
        :raise ValidationError: when one is no valid value; nothing is stored then.
        """
        self.ensure_one()
        values = {}
        for name, text in typed.items():
            text = self._normalize_secret(name, text)
            values.update(self._prepare_secret(name, text), **{f'{name}_masked': self._mask_secret(name, text)})
        if values:
            self.sudo().write(values)

    def _prepare_secret(self, name, text):
        """Return the encrypted value of a secret, and its index if the model has one.

        :param str name:
        :param str text: Clear and normalized.
        :rtype: dict
        """
        keyring, context = self._get_keyring(), self._get_secret_context(name)
        values = {f'{name}_encrypted': keyring.encrypt(text, context)}
        if f'{name}_index' in self._fields:
            values[f'{name}_index'] = keyring.blind_index(text, context)
        return values

    def _erase_secrets(self):
        """Take the secrets away for good."""
        names = [f'{name}_{part}' for name in self._secrets for part in ('encrypted', 'index', 'masked')]
        self.sudo().write({name: False for name in names if name in self._fields})

    def _reveal(self, name, reason):
        """Return the clear text of a secret, after writing down who saw it and why.

        The log is committed before this returns, whatever becomes of the caller's transaction. Code
        that needs the clear text for its work, e.g. to pay to an account, calls it with sudo.

        :param str name:
        :param str reason:
        :rtype: str
        :raise AccessError: for who is no privacy officer.
        """
        self.ensure_one()
        self.check_access('read')
        if not self.env.su and not self.env.user.has_group('distribution_core.group_distribution_privacy'):
            raise AccessError(self.env._("Only a privacy officer may see this in clear."))
        if name not in self._secrets or not (reason or '').strip():
            raise UserError(self.env._("Say what you need to see, and why."))
        text = self._decrypt(name)
        self.env['distribution.privacy.log']._append_apart('reveal', self, reason, name)
        return text

    def _decrypt(self, name):
        """Return a clear text for use within a method, to compare it or to encrypt it anew: never to return it.

        :raise UserError: when it was changed or its key is missing.
        """
        self.ensure_one()
        token = self.sudo()[f'{name}_encrypted']
        if not token:
            return ''
        try:
            return self._get_keyring().decrypt(token, self._get_secret_context(name))
        except CannotDecrypt:
            raise UserError(self.env._(
                "“%(field)s” of %(record)s cannot be read: it was changed in the database, or the key that it was "
                "encrypted with is not among the keys of this server.",
                field=self._fields[name]._description_string(self.env),
                record=self.display_name,
            )) from None

    # === GETTERS === #

    def _normalize_secret(self, name, text):
        """Return a typed text as it is kept. To be overridden by models that know what is valid.

        :raise ValidationError: when it is not.
        """
        return text.strip()

    def _mask_secret(self, name, text):
        """Return what of a secret may be shown. To be overridden; nothing by default."""
        return '*' * 6

    def _get_secret_context(self, name):
        """Return the place that a value is bound to: moved to another one it cannot be read."""
        return f'{self._name}.{name}:{self.company_id.id}'

    def _get_secret_domain(self, name, text):
        """Return the domain of the records of the same company that hold the same value.

        :param str text: Normalized.
        """
        indexes = self._get_keyring().blind_indexes(text, self._get_secret_context(name))
        return [('company_id', '=', self.company_id.id), (f'{name}_index', 'in', indexes), ('id', '!=', self.id)]

    @api.model
    def _get_keyring(self):
        """Return the keys of this server.

        :rtype: Keyring
        :raise UserError: when there is none; there is no key to fall back to.
        """
        current, old = (
            os.environ.get(option.upper()) or config.get(option) or ''
            for option in ('distribution_key', 'distribution_keys_old'))
        if not current:
            raise UserError(self.env._(
                "Personal numbers are stored encrypted, and this server has no key. Make one:\n%(command)s\n"
                "Then set it as distribution_key in Odoo's configuration file, or as DISTRIBUTION_KEY in the "
                "environment of the server, and start it anew. Keep a copy apart from the backups of the database: "
                "without the key nobody can read the numbers.", command=NEW_KEY_COMMAND))
        try:
            return _parse_keyring(current, old)
        except InvalidKey as error:
            raise UserError(self.env._("The encryption key of this server cannot be used: %s", error)) from None


@functools.lru_cache(maxsize=4)
def _parse_keyring(current, old):
    return Keyring.parse(current, old)
