"""Pictures of the demo's pages, on a phone and on a desk, in English and Chinese, for docs/images/pages."""
import argparse
import json
import shutil
import time

from . import demo_database, environment, locks, postgres, server
from .console import Failure, say
from .databases import query
from .paths import LOGS, ROOT

FOLDER = ROOT / "docs" / "images" / "pages"
SIZES = {"phone": (390, 844), "desk": (1280, 800)}
LANGUAGES = {"zh": "zh_CN", "en": "en_US"}
SETTLE_SECONDS = 2        # for what scripts draw after the page is loaded: charts, pictures
DISTRIBUTOR, MERCHANT = "linxia", "merchant"
# Of each: who looks, and the address; `{}` is the id of a record of the demo, by the query below.
PAGES = {
    "shop_product": (DISTRIBUTOR, "/shop/{product}"),
    "apply": (None, "/distribution/apply"),
    "dashboard": (DISTRIBUTOR, "/my/distribution"),
    "products": (DISTRIBUTOR, "/my/distribution/products"),
    "product": (DISTRIBUTOR, "/my/distribution/products/{product}"),
    "links": (DISTRIBUTOR, "/my/distribution/links"),
    "materials": (DISTRIBUTOR, "/my/distribution/materials"),
    "commissions": (DISTRIBUTOR, "/my/distribution/commissions"),
    "commission": (DISTRIBUTOR, "/my/distribution/commissions/{commission}"),
    "team": (DISTRIBUTOR, "/my/distribution/team"),
    "ranking": (DISTRIBUTOR, "/my/distribution/ranking"),
    "statements": (DISTRIBUTOR, "/my/distribution/statements"),
    "withdrawals": (DISTRIBUTOR, "/my/distribution/withdrawals"),
    "accounts": (DISTRIBUTOR, "/my/distribution/accounts"),
    "messages": (DISTRIBUTOR, "/my/distribution/messages"),
    "settings": (DISTRIBUTOR, "/my/distribution/settings"),
    "disputes": (DISTRIBUTOR, "/my/distribution/disputes"),
    "privacy": (DISTRIBUTOR, "/my/distribution/data"),
}
IDS = {
    "product": "SELECT id FROM product_template WHERE is_published AND sale_ok ORDER BY id LIMIT 1",
    "commission": f"""SELECT c.id FROM distribution_commission c JOIN distribution_distributor d ON d.id = c.distributor_id
                      JOIN res_users u ON u.partner_id = d.partner_id
                      WHERE u.login = '{DISTRIBUTOR}' AND c.earned_amount > 0 ORDER BY c.id DESC LIMIT 1""",
}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="setup/screenshots", description=__doc__)
    parser.add_argument("page", nargs="*", help=f"default: all, which are {', '.join(PAGES)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.page) - set(PAGES):
        parser.error(f"there is no page {', '.join(sorted(unknown))}")
    options.browser = "pictures of pages"
    return options


def main(options):
    names = options.page or list(PAGES)
    with postgres.running():
        environment.write_conf()
        with locks.exclusive("demo"):
            demo_database.ensure()
        ids = {name: _get_id(statement) for name, statement in IDS.items()}
        port = environment.free_port()
        running = server.start(demo_database.NAME, port, LOGS / "screenshots.log", "--max-cron-threads=0")
        try:
            _take(f"http://127.0.0.1:{port}", names, ids, clean=not options.page)
        finally:
            server.stop(running)
    return 0


def _get_id(statement):
    rows = query(statement, database=demo_database.NAME)
    if not rows:
        raise Failure("the demo has nothing to show: setup/demo --reset makes it anew")
    return rows[0][0]


def _take(url, names, ids, clean):
    from .chromium import chromium  # not before the environment is there

    if clean:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for login in dict.fromkeys(PAGES[name][0] for name in names):
        with chromium() as page:
            if login:
                _log_in(page, url, login)
            for name in names:
                if PAGES[name][0] == login:
                    _picture(page, url, name, ids)


def _log_in(page, url, login):
    page.open(f"{url}/web/login")
    page.evaluate(f"document.querySelector('#login').value = {json.dumps(login)};"
                  f"document.querySelector('#password').value = {json.dumps(login)};"
                  "document.querySelector('form.oe_login_form').submit()")
    end = time.monotonic() + 30
    while page.evaluate("location.pathname") == "/web/login" and time.monotonic() < end:
        time.sleep(0.1)
    if page.evaluate("location.pathname") == "/web/login":
        raise Failure(f"{login} cannot log in")


def _picture(page, url, name, ids):
    for language, code in LANGUAGES.items():
        page.call("Network.setCookie", name="frontend_lang", value=code, url=url)
        for size, dimensions in SIZES.items():
            page.resize(*dimensions)
            page.open(url + PAGES[name][1].format(**ids))
            time.sleep(SETTLE_SECONDS)
            say(f"{name}, {size}, {language}: {page.evaluate('document.title')}")
            (FOLDER / f"{name}_{size}_{language}.webp").write_bytes(page.picture())
