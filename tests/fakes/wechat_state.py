"""What the fake platform knows: accounts, people, tokens, codes; and what was asked of it."""
import secrets
import time
from dataclasses import dataclass, field

TOKEN_SECONDS = 7200
OVERLAP_SECONDS = 300       # the old token lives on for so long
CODE_SECONDS = 300
CODE_BYTES = 16


class Refusal(Exception):
    """An answer of the platform that says no: HTTP 200 with an `errcode`."""

    def __init__(self, errcode, errmsg):
        super().__init__(errcode, errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass
class Account:
    """An official account (`kind` service or subscription) or a mini program (`kind` mini)."""

    appid: str
    secret: str
    kind: str = 'service'
    original_id: str = 'gh_0123456789ab'
    token: str = ''                 # of message push
    aes_key: str = ''
    is_bound: bool = True           # to an Open Platform account: people have a unionid
    oauth_host: str = ''
    ip_list: list | None = None     # callers that may ask for a token; None: all
    templates: dict = field(default_factory=dict)   # id: names of the fields
    pages: list = field(default_factory=list)       # published pages of a mini program
    daily_quota: dict = field(default_factory=dict)  # path: calls
    # -- kept by the platform
    tokens: list = field(default_factory=list)      # [(text, expiry)], the newest last
    token_fetches: int = 0
    forced_at: list = field(default_factory=list)
    ticket: tuple | None = None
    qr_permanent: int = 0


@dataclass
class Person:
    """Somebody who has the app on the phone."""

    name: str
    follows: list = field(default_factory=list)     # appids
    is_snapshot: bool = False
    is_risky: bool = False
    phone: str = ''
    blocks: list = field(default_factory=list)      # appids whose messages are refused
    consents: dict = field(default_factory=dict)    # 'appid template': how many messages

    def openid(self, account):
        return f'o{self._digest(account.appid)}'

    def unionid(self, account):
        return f'u{self._digest("union")}' if account.is_bound else None

    def _digest(self, salt):
        # Readable in logs of tests, and of the length and alphabet that the platform has.
        return f'{salt[-6:]}_{self.name}'.ljust(27, '0')[:27]


class State:
    """All of it; a reset makes a new one."""

    def __init__(self):
        self.accounts, self.people, self.codes, self.web_tokens = {}, {}, {}, {}
        self.browser = None             # the name of the person who opens pages
        self.faults, self.calls, self.violations = [], [], []
        self.messages, self.pushes, self.sent_ids = [], [], {}
        self.tickets, self.usage = {}, {}
        self.clock = 0                  # seconds that the platform is ahead

    def now(self):
        return time.time() + self.clock

    # -- whom a call is about

    def account(self, appid, secret=None):
        account = self.accounts.get(appid)
        if not account:
            raise Refusal(40013, "invalid appid")
        if secret is not None and secret != account.secret:
            raise Refusal(40125, "invalid appsecret")
        return account

    def person_of(self, account, openid):
        for person in self.people.values():
            if person.openid(account) == openid:
                return person
        raise Refusal(40003, "invalid openid")

    # -- tokens of the API

    def fetch_token(self, account, force):
        """Give out a token as `stable_token` does: the same until shortly before its end."""
        now = self.now()
        account.token_fetches += 1
        if force:
            self._check_force(account, now)
            account.tokens.clear()
        if not account.tokens or account.tokens[-1][1] - now <= OVERLAP_SECONDS:
            account.tokens.append((f'{account.appid[-4:]}_{secrets.token_hex(60)}', now + TOKEN_SECONDS))
        text, expiry = account.tokens[-1]
        return {'access_token': text, 'expires_in': int(expiry - now)}

    def _check_force(self, account, now):
        account.forced_at = [at for at in account.forced_at if at > now - 86400]
        if len(account.forced_at) >= 20:
            raise Refusal(45009, "reach max api daily quota limit")
        if account.forced_at and now - account.forced_at[-1] < 30:
            raise Refusal(45011, "api minute-quota reach limit")
        account.forced_at.append(now)

    def account_of_token(self, text):
        if not text:
            raise Refusal(41001, "access_token missing")
        for account in self.accounts.values():
            for token, expiry in account.tokens:
                if token == text:
                    if expiry <= self.now():
                        raise Refusal(42001, "access_token expired")
                    return account
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")

    # -- codes that are used once

    def issue_code(self, kind, account, person, **facts):
        code = secrets.token_hex(CODE_BYTES)
        self.codes[code] = {
            'kind': kind, 'appid': account.appid, 'person': person.name, 'until': self.now() + CODE_SECONDS,
            'used': False, **facts}
        return code

    def use_code(self, kind, account, code):
        found = self.codes.get(code)
        if not found or found['kind'] != kind or found['appid'] != account.appid or found['until'] <= self.now():
            raise Refusal(40029, "invalid code")
        if found['used']:
            raise Refusal(40163, "code been used")
        found['used'] = True
        return found, self.people[found['person']]

    # -- limits

    def spend(self, account, path):
        """Count a call against the quota of the day."""
        key = (account.appid, path)
        self.usage[key] = self.usage.get(key, 0) + 1
        if self.usage[key] > account.daily_quota.get(path, 100_000):
            raise Refusal(45009, "reach max api daily quota limit")
