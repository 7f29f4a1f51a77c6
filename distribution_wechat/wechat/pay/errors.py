"""What may go wrong with WeChat Pay; the rest is in the errors of the platform."""
from ..errors import Refused, Unreachable


class Unverified(Unreachable):
    """The answer is not signed by the platform: whether the call was carried out is unknown."""


class PayRefused(Refused):
    """WeChat Pay said no to a call: it did nothing now, but may have done so at an earlier one of that number."""

    def __init__(self, status, code, message=''):
        """Take what was answered.

        :param int status: Of HTTP.
        :param str code: The name of the fault.
        :param str message:
        """
        super().__init__(code, message)
        self.status = status


class UnknownNumber(PayRefused):
    """There is nothing under this number."""


class NoStatement(PayRefused):
    """Nothing happened on that day."""


class StatementNotReady(PayRefused):
    """The statement of that day is being made."""


class BadStatement(Unreachable):
    """A statement is not what was announced, or contradicts itself: nothing of it is believed."""


class NotNow(PayRefused):
    """Too many calls, too little money, a right or a setting is missing: the same call may work later."""


_NOT_FOUND = {'NOT_FOUND', 'RECORD_NOT_FOUND', 'RESOURCE_NOT_EXISTS', 'ORDER_NOT_EXIST', 'ORDERNOTEXIST'}
_STATEMENTS = {
    'NO_STATEMENT_EXIST': NoStatement, 'NO_BILL_EXIST': NoStatement, 'STATEMENT_CREATING': StatementNotReady}
# Nothing is wrong with the data of the call.
_NOT_NOW = {'NOT_ENOUGH', 'NO_AUTH', 'SIGN_ERROR', 'RULE_LIMIT', 'FREQUENCY_LIMITED', 'FREQUENCY_LIMIT_EXCEED',
            'RATELIMIT_EXCEEDED'}


def to_pay_error(status, code, message=''):
    """Return the error of an answer with a status from 400 to 499.

    :rtype: PayRefused
    """
    if status == 404 and code in _NOT_FOUND:
        return UnknownNumber(status, code, message)
    if code in _STATEMENTS:
        return _STATEMENTS[code](status, code, message)
    kind = NotNow if status in (401, 429) or code in _NOT_NOW else PayRefused
    return kind(status, code, message)
