"""When are two people the same? Compared on normalized values, never shown."""
import re

_NOT_DIGITS = re.compile(r'\D+')
_NOT_WORD = re.compile(r'[\W_]+')
# Country code and trunk prefix vary between entries of one number; these last digits do not.
_PHONE_DIGITS = 11
_PHONE_DIGITS_MIN = 7
# "Main St 1" is somewhere, "1" is nowhere.
_STREET_MIN = 4


def identities(partner_id=None, commercial_partner_id=None, phone=None, email=None, accounts=(), address=None,
               persons=()):
    """Return all that identifies a person, for `frozenset.isdisjoint`.

    >>> sorted(identities(7, 7, '+86 138-0013-8000', 'Li@Example.com '))
    ['email:li@example.com', 'partner:7', 'phone:13800138000']
    >>> sorted(identities(8, 7, '12', ''))
    ['partner:7', 'partner:8']
    >>> sorted(identities(accounts=['6222 0000 1111'], address=('Main St. 1', 'Xi’an', '710000')))
    ['account:622200001111', 'address:mainst1xian710000']

    :param int|None partner_id:
    :param int|None commercial_partner_id: The company of a contact: its people are one party.
    :param str|None phone: As typed. Too few digits identify nobody and are ignored.
    :param str|None email: As typed.
    :param Iterable[str] accounts: Numbers of the accounts to which money is paid.
    :param tuple|None address: Street, city and postal code as typed; without a street it is ignored.
    :param Iterable[str] persons: Keys of a person elsewhere, as of an app's account.
    :rtype: frozenset[str]
    """
    found = {f'partner:{id_}' for id_ in (partner_id, commercial_partner_id) if id_}
    digits = _NOT_DIGITS.sub('', phone or '')
    if len(digits) >= _PHONE_DIGITS_MIN:
        found.add(f'phone:{digits[-_PHONE_DIGITS:]}')
    email = (email or '').strip().lower()
    if '@' in email:
        found.add(f'email:{email}')
    found.update(f'account:{_squeeze(account)}' for account in accounts or () if _squeeze(account))
    found.update(f'person:{key}' for key in persons or ())
    if address and len(_squeeze(address[0])) >= _STREET_MIN:
        found.add(f"address:{''.join(_squeeze(part) for part in address)}")
    return frozenset(found)


def _squeeze(text):
    return _NOT_WORD.sub('', (text or '').lower())
