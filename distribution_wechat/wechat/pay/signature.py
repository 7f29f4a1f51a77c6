"""Signatures and ciphers of WeChat Pay v3, from values alone."""
import base64
import binascii

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from ..errors import BadPush

SCHEME = 'WECHATPAY2-SHA256-RSA2048'
_OAEP = padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)    # what the platform asks for


def load_private_key(pem, is_checked=True):
    """Return the private key of a merchant.

    :param str pem:
    :param bool is_checked: False for one that was checked before: that takes a tenth of a second.
    :raise ValueError: for anything but an RSA key without a password.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=not is_checked)
    except TypeError:
        raise ValueError("the key has a password") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("no RSA key")    # noqa: TRY004  the text is wrong, not its type
    return key


def sign(private_key, message):
    """Return the signature of a text.

    :rtype: str
    """
    return base64.b64encode(private_key.sign(message, padding.PKCS1v15(), SHA256())).decode()


def is_signed(public_key, message, signature):
    """Return whether a text was signed by the owner of a key.

    :param bytes message:
    :param str signature: As received.
    :rtype: bool
    """
    try:
        public_key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def prepare_request_message(method, path, timestamp, nonce, body=b''):
    """Return what is signed of a request; the path with its query, exactly as sent.

    :rtype: bytes
    """
    return f'{method}\n{path}\n{timestamp}\n{nonce}\n'.encode() + body + b'\n'


def prepare_answer_message(timestamp, nonce, body):
    """Return what is signed of an answer, or of a call of the platform.

    :param bytes body: As received.
    :rtype: bytes
    """
    return f'{timestamp}\n{nonce}\n'.encode() + body + b'\n'


def prepare_authorization(mchid, serial, private_key, method, path, timestamp, nonce, body=b''):
    """Return the header by which the platform knows a merchant.

    :rtype: str
    """
    signature = sign(private_key, prepare_request_message(method, path, timestamp, nonce, body))
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",'
        f'serial_no="{serial}"')


def sign_payment(private_key, app_id, timestamp, nonce, package):
    """Return the signature with which a page or a mini program asks for a payment.

    :param str package: `prepay_id=…`, in apps the bare id.
    :rtype: str
    """
    return sign(private_key, f'{app_id}\n{timestamp}\n{nonce}\n{package}\n'.encode())


def decrypt(key, nonce, associated_data, ciphertext):
    """Return what the platform encrypted under the APIv3 key.

    :param bytes key:
    :param str ciphertext: In base64, with its tag.
    :rtype: bytes
    :raise BadPush: when it was changed, or is for another key.
    """
    try:
        return AESGCM(key).decrypt(
            nonce.encode(), base64.b64decode(ciphertext, validate=True), (associated_data or '').encode())
    except (InvalidTag, binascii.Error, ValueError):
        raise BadPush("cannot be decrypted") from None


def encrypt_text(public_key, text):
    """Return a name as only the platform can read it; another one each time.

    :rtype: str
    """
    return base64.b64encode(public_key.encrypt(text.encode(), _OAEP)).decode()


def decrypt_text(private_key, ciphertext):
    """Return what the platform encrypted for the merchant.

    :rtype: str
    :raise BadPush: for anything else.
    """
    try:
        return private_key.decrypt(base64.b64decode(ciphertext, validate=True), _OAEP).decode()
    except (binascii.Error, ValueError):
        raise BadPush("cannot be decrypted") from None
