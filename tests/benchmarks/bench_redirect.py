"""Requests a second through our short link and through Odoo's, on one server, in turns.

A new visitor each time: no cookies. One client keeps one worker of the server busy, so that requests a
second are those of one core. The two links are asked for one after the other, request by request: what else
the machine does slows both. Client and server share it.
"""
import http.client
import statistics
import time
from urllib.parse import urlsplit

from kit import databases

ROUNDS = 7
REQUESTS = 150                  # through each link, a round
WARM_UP = 50
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def run(_env, bench):
    database = bench.database()
    databases.install(database, ["link_tracker"])
    with bench.environment(database) as env:
        ours, odoo = prepare(env)
        env.cr.commit()
    with bench.serve(database, "--max-cron-threads=0") as address:
        ask(address, (ours, odoo), WARM_UP)
        rounds = [ask(address, (ours, odoo), REQUESTS) for _round in range(ROUNDS)]
    with bench.environment(database) as env:
        check(env)
    ratios = [mine / theirs for mine, theirs in rounds]
    return {
        "metrics": {
            "ratio": statistics.median(ratios),
            "ours_rps": statistics.median(mine for mine, _theirs in rounds),
            "odoo_rps": statistics.median(theirs for _mine, theirs in rounds),
        },
        "detail": {"rounds": rounds, "ratios": ratios},
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


def ask(address, paths, count):
    """Requests a second through each of the paths, asked for in turns."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    seconds = dict.fromkeys(paths, 0)
    for _request in range(count):
        for path in paths:
            start = time.perf_counter()
            connection.request("GET", path, headers={"User-Agent": AGENT})
            answer = connection.getresponse()
            answer.read()
            seconds[path] += time.perf_counter() - start
            if answer.status not in (301, 302):
                raise AssertionError(f"{path} answers {answer.status}")
    connection.close()
    return [count / seconds[path] for path in paths]


def check(env):
    """Nothing was skipped: both have written a row for each request."""
    env.cr.execute("SELECT (SELECT COUNT(*) FROM distribution_touch), (SELECT COUNT(*) FROM link_tracker_click)")
    expected = WARM_UP + ROUNDS * REQUESTS
    found = env.cr.fetchone()
    if min(found) < expected:
        raise AssertionError(f"{found} rows were written for {expected} requests each")
