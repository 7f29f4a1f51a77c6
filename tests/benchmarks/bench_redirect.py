"""Requests a second through our short link and through Odoo's, on one server, in turns.

A new visitor each time: no cookies. One client on one connection keeps one worker of the server busy, so
that requests a second are those of one core; client and server share the machine.
"""
import http.client
import statistics
import time
from urllib.parse import urlsplit

from kit import databases

ROUNDS = 7
SECONDS = 4
WARM_UP = 50
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def run(_env, bench):
    database = bench.database()
    databases.install(database, ["link_tracker"])
    rates = {}
    with bench.environment(database) as env:
        ours, odoo = prepare(env)
        env.cr.commit()
    with bench.serve(database, "--max-cron-threads=0") as address:
        for path in (ours, odoo):
            request_for(address, path, count=WARM_UP)
            rates[path] = []
        for _round in range(ROUNDS):
            for path, found in rates.items():
                found.append(request_for(address, path, seconds=SECONDS))
    with bench.environment(database) as env:
        check(env, rates[ours], rates[odoo])
    ratios = [mine / theirs for mine, theirs in zip(rates[ours], rates[odoo], strict=True)]
    return {
        "metrics": {
            "ratio": statistics.median(ratios),
            "ours_rps": statistics.median(rates[ours]),
            "odoo_rps": statistics.median(rates[odoo]),
        },
        "detail": {"ours": rates[ours], "odoo": rates[odoo], "ratios": ratios},
    }


def prepare(env):
    """Return the paths of a promotion link with a campaign, and of a tracked link to the same page."""
    campaign = env["utm.campaign"].create({"title": "Spring"})
    distributor = env["distribution.distributor"].create(
        {"partner_id": env["res.partner"].create({"name": "Mei"}).id})
    distributor._set_active()
    link = env["distribution.link"].create({
        "name": "Spring", "distributor_id": distributor.id, "target": "/shop", "campaign_id": campaign.id})
    tracker = env["link.tracker"].create({
        "url": env["ir.config_parameter"].get_param("web.base.url") + "/shop", "title": "Shop",
        "campaign_id": campaign.id})
    return f"/d/{link.code}", f"/r/{tracker.code}"


def request_for(address, path, seconds=None, count=None):
    """Requests a second; either for some seconds, or a number of them."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    done, start = 0, time.perf_counter()
    while done < count if count else time.perf_counter() - start < seconds:
        connection.request("GET", path, headers={"User-Agent": AGENT})
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (301, 302):
            raise AssertionError(f"{path} answers {answer.status}")
        done += 1
    connection.close()
    return done / (time.perf_counter() - start)


def check(env, ours, odoo):
    """Nothing was skipped: both have written a row for each request."""
    env.cr.execute("SELECT (SELECT COUNT(*) FROM distribution_touch), (SELECT COUNT(*) FROM link_tracker_click)")
    for rows, rates in zip(env.cr.fetchone(), (ours, odoo), strict=True):
        expected = WARM_UP + round(sum(rates) * SECONDS)
        if rows < expected:
            raise AssertionError(f"{rows} rows were written for at least {expected} requests")
