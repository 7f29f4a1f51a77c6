"""Fifty wishes for one balance, sent at the same moment to two served Odoos: one is taken, the others are told why not."""
import itertools
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

WISHES = 50
BALANCE = 100.0
LOGIN = PASSWORD = "popular@example.com"
FORM = "/my/distribution/withdrawals/new"
SERVERS = 2         # each serves half of them, in threads


@pytest.fixture(scope="module")
def shop(database):
    """A distributor with a login and 100.00 that can be withdrawn."""
    from odoo.addons.test_distribution.tests.common import CommittedCase

    class Shop(CommittedCase):

        @classmethod
        def build(cls):
            with cls._transaction() as env:
                cls.ids = cls._create_world(env)
            cls._make_payable()
            with cls._transaction() as env:
                distributor = env["distribution.distributor"].browse(cls.ids["distributor"])
                distributor.company_id.write({
                    "distribution_withdrawal_min": 0, "distribution_withdrawal_daily_count": 0})
                env["res.users"].create({
                    "login": LOGIN, "password": PASSWORD, "partner_id": distributor.partner_id.id,
                    "company_id": distributor.company_id.id, "company_ids": distributor.company_id.ids,
                    "group_ids": env.ref("base.group_portal").ids})
            assert cls.read("payable", "reserved") == (BALANCE, 0)

        @classmethod
        def read(cls, *buckets):
            with cls._cursor() as env:
                amounts = dict(env["distribution.balance"]._read_group(
                    [("distributor_id", "=", cls.ids["distributor"])], ["bucket"], ["amount:sum"]))
                return tuple(amounts.get(bucket, 0) for bucket in buckets)

        @classmethod
        def give_back(cls):
            with cls._transaction() as env:
                env["distribution.withdrawal"].search([
                    ("distributor_id", "=", cls.ids["distributor"]), ("state", "=", "requested")]).action_refuse()

    Shop.build()
    return Shop


class Watch(threading.Thread):
    """Looks at the balances all the time."""

    def __init__(self, shop):
        super().__init__(daemon=True)
        self.shop, self.ended, self.seen = shop, threading.Event(), set()

    def run(self):
        while not self.ended.wait(0.005):
            self.seen.add(self.shop.read("payable", "reserved"))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.join()


class Visitor:
    """A browser that somebody logged in with, on the form for a withdrawal."""

    def __init__(self, address):
        self.session = requests.Session()
        self.session.trust_env = False      # no proxy to this machine
        token = self._get_token(f"{address}/web/login")
        answer = self.session.post(
            f"{address}/web/login", {"login": LOGIN, "password": PASSWORD, "csrf_token": token}, allow_redirects=False)
        assert answer.status_code == 303, answer.status_code
        self.cookies = self.session.cookies.get_dict()
        self.token = self._get_token(address + FORM)

    def _get_token(self, url):
        page = self.session.get(url)
        assert page.status_code == 200, page.status_code
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]

    def withdraw(self, address):
        """Ask one of the servers for everything, in a connection of its own."""
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                address + FORM, {"amount": f"{BALANCE}", "csrf_token": self.token}, allow_redirects=False,
                cookies=self.cookies)


@pytest.fixture(scope="module")
def visitors(shop, serve):
    """Fifty sessions of one person, each of which began on the login page."""
    with ThreadPoolExecutor(2 * SERVERS) as pool:
        return list(pool.map(Visitor, _spread(serve(SERVERS))))


def _spread(addresses):
    """Return an address for each wish, in turn."""
    return list(itertools.islice(itertools.cycle(addresses), WISHES))


def _withdraw_at_once(shop, addresses, visitors):
    """Send one wish for everything by each visitor; return what they are told.

    Nobody goes on before all of them wait for the balance, with snapshots of the database in which all
    of it is there.
    """
    with ThreadPoolExecutor(len(visitors)) as pool:
        with shop._cursor() as env:
            env.cr.execute(
                "SELECT FROM distribution_balance WHERE distributor_id = %s AND bucket = 'payable' FOR UPDATE",
                [shop.ids["distributor"]])
            answers = [
                pool.submit(visitor.withdraw, address)
                for visitor, address in zip(visitors, _spread(addresses), strict=True)]
            _wait_until_waiting(shop, len(visitors))
        return Counter(_get_meaning(answer.result()) for answer in answers)


def _wait_until_waiting(shop, count):
    waiting, end = 0, time.monotonic() + 120
    while waiting < count:
        assert time.monotonic() < end, f"{waiting} wait for the balance at the same time, not {count}"
        time.sleep(0.05)
        with shop._cursor() as env:
            env.cr.execute(
                "SELECT COUNT(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'")
            [waiting] = env.cr.fetchone()


def _get_meaning(answer):
    """Return what the page tells the distributor."""
    if answer.status_code == 303 and answer.headers["Location"].endswith("/my/distribution/withdrawals"):
        return "taken"
    alert = re.search(r'role="alert">([^<]*)<', answer.text)
    is_clear = alert and re.search(r"You can withdraw up to \W*0\.00", alert[1])
    return "refused" if answer.status_code == 200 and is_clear else (answer.status_code, alert and alert[1])


@pytest.mark.parametrize("sessions", [WISHES, 1])
def test_fifty_withdrawals_of_one_balance_at_once_are_one(sessions, shop, serve, visitors):
    with Watch(shop) as watch:
        told = _withdraw_at_once(shop, serve(SERVERS), (visitors[:sessions] * WISHES)[:WISHES])
    assert told == {"taken": 1, "refused": WISHES - 1}
    assert watch.seen <= {(BALANCE, 0), (0, BALANCE)}
    assert shop.read("payable", "reserved", "paid") == (0, BALANCE, 0)
    with shop._cursor() as env:
        assert env["distribution.withdrawal"].search_count([
            ("distributor_id", "=", shop.ids["distributor"]), ("state", "=", "requested")]) == 1
        assert env["distribution.books"].check() == []
    shop.give_back()
    assert shop.read("payable", "reserved") == (BALANCE, 0)
