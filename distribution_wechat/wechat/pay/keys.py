"""The keys of the platform: its public key, its certificates, or both while it moves from these to that."""
import re

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..errors import BadPush
from .signature import SCHEME, encrypt_text, is_signed, prepare_answer_message

MAX_AGE = 300               # seconds
PUBLIC_KEY_ID = re.compile(r'PUB_KEY_ID_[0-9A-Za-z]{1,64}')
_TIMESTAMP = re.compile(r'[0-9]{1,12}')
_PROBE = 'WECHATPAY/SIGNTEST/'


def load_public_key(pem):
    """Return the public key of the platform.

    :raise ValueError: for anything but an RSA key.
    """
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("no RSA key")    # noqa: TRY004  the text is wrong, not its type
    return key


class PlatformKeys:
    """Says which key is meant, by its name alone: an id, or the serial number of a certificate, as texts."""

    def __init__(self, public_key_id='', public_key='', certificates=None):
        """Take what is known.

        :param str public_key_id: PUB_KEY_ID_…
        :param str public_key: PEM.
        :param dict[str, str] certificates: PEM by serial number.
        """
        self._public_key_id = public_key_id
        self._public_key = public_key
        self._certificates = {
            serial.upper(): x509.load_pem_x509_certificate(pem.encode())
            for serial, pem in (certificates or {}).items()}

    def find(self, serial):
        """Return the key of this name, or None. A key of one kind is never taken for one of the other."""
        if serial.startswith('PUB_KEY_ID_'):
            is_ours = bool(self._public_key) and serial == self._public_key_id
            return load_public_key(self._public_key) if is_ours else None
        certificate = self._certificates.get(serial.upper())
        return certificate and certificate.public_key()

    @property
    def serial(self):
        """The name of the key to be used towards the platform; empty when there is none."""
        if self._public_key:
            return self._public_key_id
        return max(self._certificates, key=lambda serial: self._certificates[serial].not_valid_before_utc, default='')

    def encrypt(self, text):
        """Return a text as only the platform can read it, under the key named `serial`."""
        return encrypt_text(self.find(self.serial), text)

    def check(self, headers, body, now):
        """Check that the platform signed this, and just now.

        :param headers: Has `get(name, default)`.
        :param bytes body: As received.
        :param float now: Seconds since 1970.
        :raise BadPush: for anything else, e.g. its probes with wrong signatures.
        """
        timestamp, nonce, serial, signature = (
            headers.get(f'Wechatpay-{name}', '') for name in ('Timestamp', 'Nonce', 'Serial', 'Signature'))
        if not all((timestamp, nonce, serial, signature)):
            raise BadPush("not signed")
        if not _TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) >= MAX_AGE:
            raise BadPush("not of this time")
        if signature.startswith(_PROBE) or headers.get('Wechatpay-Signature-Type', SCHEME) != SCHEME:
            raise BadPush("wrong signature")
        key = self.find(serial)
        if not key:
            raise BadPush("signed under a key that is not known")
        if not is_signed(key, prepare_answer_message(timestamp, nonce, body), signature):
            raise BadPush("wrong signature")


def get_certificate_serial(pem):
    """Return the serial number of a certificate as the platform writes it.

    :rtype: str
    """
    return f'{x509.load_pem_x509_certificate(pem.encode()).serial_number:X}'
