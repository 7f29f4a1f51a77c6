"""What may go wrong with the platform. No message holds a secret, a token or a code."""

_MESSAGE_MAX = 300
_DAILY_QUOTA = 45009


class WechatError(Exception):
    """Anything of the below."""


class Unreachable(WechatError):
    """No answer, or none that makes sense: whether the call was carried out is unknown."""


class NotSent(Unreachable):
    """There was no connection: nothing was carried out."""


class SnapshotUser(WechatError):
    """A visitor in the platform's preview of a page: identifiers are made up, so nothing may hang on them."""


class BadPush(WechatError):
    """A call that claims to be the platform's and is not, or is none that makes sense."""


class MalformedPush(BadPush):
    """The form is wrong; whether the platform sent it may be unknown."""


class Refused(WechatError):
    """The platform said no."""

    def __init__(self, code, message=''):
        """Take what the platform answered.

        :param int code: Its `errcode`.
        :param str message: Its `errmsg`, ending with the number that its support asks for.
        """
        super().__init__(f"{code}: {str(message)[:_MESSAGE_MAX]}")
        self.code = code


class TokenRefused(Refused):
    """The access token is over or was replaced: fetch it again, once."""


class Busy(Refused):
    """Nothing was done; try again later."""


class QuotaExceeded(Refused):
    """Nothing was done; there is a limit by the minute or by the day."""

    @property
    def is_for_today(self):
        """Whether nothing goes before tomorrow."""
        return self.code == _DAILY_QUOTA


class BadCredentials(Refused):
    """AppID, AppSecret or the address of this server is not what the console knows."""


class BadCode(Refused):
    """The code of a login is wrong, over or used."""


class NotDeliverable(Refused):
    """This person gets no message: does not follow, has refused, is unknown."""


_KINDS = {
    TokenRefused: (40001, 40014, 42001),
    Busy: (-1,),
    QuotaExceeded: (_DAILY_QUOTA, 45011),
    BadCredentials: (40013, 40125, 40243, 61004, 89503),
    BadCode: (40029, 40163, 41008),
    NotDeliverable: (40003, 43004, 43019, 43101),
}
_KIND_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}


def to_error(code, message=''):
    """Return the error of an `errcode`.

    :rtype: Refused
    """
    return _KIND_BY_CODE.get(code, Refused)(code, message)
