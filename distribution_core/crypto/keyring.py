"""Encryption and blind indexes under master keys that have names, so that they can be changed."""
import base64
import binascii
import hmac
import os
import re
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = 'v1'
_NONCE_BYTES = 12
_KEY_ID = re.compile(r'[A-Za-z0-9-]{1,32}')


class InvalidKey(ValueError):
    """A key is not what a key must be. The message never holds the key."""


class CannotDecrypt(ValueError):
    """A text was changed, belongs to another place, or needs a key that is not here."""


def generate_key(key_id='k1'):
    """Return a new random key as it is put into the configuration: `id:base64`.

    :param str key_id:
    :rtype: str
    """
    return f'{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}'


class Keyring:
    """The keys by name, and which of them encrypts.

    Two keys are derived from each master key, one to encrypt and one for blind indexes: who gets
    hold of one of them has not got the other.
    """

    def __init__(self, keys, current):
        """Take the keys.

        :param dict[str, bytes] keys: 32 bytes each, by their names.
        :param str current: The name of the key that encrypts; all of them decrypt.
        :raise InvalidKey:
        """
        for key_id, key in keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise InvalidKey("The name of a key is 1 to 32 letters, digits or -.")
            if len(key) != KEY_BYTES:
                raise InvalidKey(f"The key {key_id} has {len(key)} bytes instead of {KEY_BYTES}.")
        if current not in keys:
            raise InvalidKey("The current key is not among the keys.")
        self.current = current
        self._ciphers = {key_id: AESGCM(_derive(key, b'encrypt')) for key_id, key in keys.items()}
        self._index_keys = {key_id: _derive(key, b'index') for key_id, key in keys.items()}

    def __repr__(self):
        return f"<Keyring {self.current}, {len(self._ciphers)} keys>"

    @classmethod
    def parse(cls, current, old=''):
        """Make a keyring of what stands in the configuration.

        :param str current: `id:base64`; without a name the key is called k1.
        :param str old: Former keys, separated by commas.
        :raise InvalidKey:
        """
        entries = [_parse_key(text) for text in [current, *filter(str.strip, (old or '').split(','))]]
        keys = dict(entries)
        if len(keys) != len(entries):
            raise InvalidKey("Two keys have one name.")
        return cls(keys, entries[0][0])

    # -- encryption

    def encrypt(self, text, context):
        """Encrypt a text so that it can be read at its place only.

        :param str text:
        :param str context: The place, e.g. `distribution.identity.number:1`; needed again to decrypt.
        :return: `v1:keyid:base64(nonce | ciphertext | tag)`; never the same twice.
        :rtype: str
        """
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, text.encode(), _associate(self.current, context))
        return f'{_VERSION}:{self.current}:{base64.b64encode(nonce + sealed).decode()}'

    def decrypt(self, token, context):
        """Return the text that was encrypted at this place.

        :raise CannotDecrypt: for anything but an untouched token of this place and a key at hand.
        """
        version, _colon, rest = token.partition(':')
        key_id, _colon, payload = rest.partition(':')
        if version != _VERSION or key_id not in self._ciphers:
            raise CannotDecrypt("The key of this text is not among the keys.")
        try:
            data = base64.b64decode(payload, validate=True)
            if base64.b64encode(data).decode() != payload:      # spare bits of the last character
                raise CannotDecrypt("The text was changed.")
            nonce, sealed = data[:_NONCE_BYTES], data[_NONCE_BYTES:]
            return self._ciphers[key_id].decrypt(nonce, sealed, _associate(key_id, context)).decode()
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise CannotDecrypt("The text was changed, or belongs to another place.") from error

    def is_current(self, token):
        """Whether a token, or an index, was made with the current key."""
        return token.startswith((f'{_VERSION}:{self.current}:', f'{self.current}:'))

    # -- blind indexes

    def blind_index(self, text, context):
        """Return what a text is found by without being read: equal for equal texts at one place.

        :rtype: str
        """
        return self._index(self.current, text, context)

    def blind_indexes(self, text, context):
        """Return the indexes of a text under all keys, for a search while keys are being changed."""
        return [self._index(key_id, text, context) for key_id in self._index_keys]

    def _index(self, key_id, text, context):
        message = f'{context}\0{text}'.encode()
        return f'{key_id}:{hmac.new(self._index_keys[key_id], message, sha256).hexdigest()}'


def _derive(key, purpose):
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b'distribution ' + purpose).derive(key)


def _associate(key_id, context):
    return f'{_VERSION}|{key_id}|{context}'.encode()


def _parse_key(text):
    key_id, colon, encoded = text.strip().rpartition(':')
    try:
        return (key_id if colon else 'k1'), base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise InvalidKey("A key is not valid base64.") from None
