"""How personal numbers are kept: encrypted, found again without being read, shown masked.

Nothing in this package imports odoo; it reads no database, no clock and no configuration.
"""
from .keyring import KEY_BYTES, CannotDecrypt, InvalidKey, Keyring, generate_key
from .masks import mask_identity_number, mask_name, mask_phone, mask_tail
from .numbers import (
    age_on,
    birth_date,
    is_credit_code,
    is_identity_number,
    normalize,
    normalize_name,
    passes_luhn,
)

__all__ = [
    'KEY_BYTES', 'CannotDecrypt', 'InvalidKey', 'Keyring', 'age_on', 'birth_date', 'generate_key',
    'is_credit_code', 'is_identity_number', 'mask_identity_number', 'mask_name', 'mask_phone', 'mask_tail',
    'normalize', 'normalize_name', 'passes_luhn',
]
