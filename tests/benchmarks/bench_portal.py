"""The pages of a distributor over 10^4 and 10^6 ledger rows of its own, against Odoo's `/my/home`.

Two databases, each with a server of its own: in one the distributor has 10^4 rows in the ledger, in the other
10^6. The last 90 days are alike in both, 300 orders; the rest is history. So what is measured is what history
costs. Below the distributor stand 60 others who have sold this month. One client with one session for each
server asks for the pages in turns, so whatever else the machine does slows all of them.

At last the dashboard is opened in a browser with nothing in its cache, over a network as slow as a phone's.
"""
import http.client
import json
import statistics
import time
from urllib.parse import urlsplit

import first_view
from building import activate_plan, commit_and_analyze, copies, create_distributor, next_id, point_to_itself

from odoo import Command, fields
from odoo.tools import SQL

SIZES = {"1e4": 10_000, "1e6": 1_000_000}       # ledger rows
ROWS = 2                                        # of a commission: earned, and available
LINES = 5                                       # commissions of an order
RECENT, RECENT_DAYS = 300, 90                   # orders of the last days
TEAM = 60
ROUNDS = 9
REQUESTS = 10                                   # of each page, a round
WARM_UP = 10
VIEWS = 5                                       # of the dashboard, by each network
HOME = "/my/home"
PAGES = {
    "dashboard": "/my/distribution", "commissions": "/my/distribution/commissions", "team": "/my/distribution/team"}


def run(_env, bench):
    databases = {name: bench.database() for name in SIZES}
    for name, rows in SIZES.items():
        with bench.environment(databases[name]) as env:
            build(env, rows)
    with (
        bench.serve(databases["1e4"], "--max-cron-threads=0") as small,
        bench.serve(databases["1e6"], "--max-cron-threads=0") as large,
    ):
        sessions = {"1e4": log_in(small, databases["1e4"]), "1e6": log_in(large, databases["1e6"])}
        ask(sessions, WARM_UP)
        rounds = [ask(sessions, REQUESTS) for _round in range(ROUNDS)]
        views = {network: look(large, sessions["1e6"], network) for network in first_view.NETWORKS}
    medians = {
        name: {page: statistics.median(timings[name][page] for timings in rounds) for page in (*PAGES, "home")}
        for name in SIZES}
    growth = {page: medians["1e6"][page] / medians["1e4"][page] for page in PAGES}
    ratios = {page: medians["1e6"][page] / medians["1e6"]["home"] for page in PAGES}
    return {
        "metrics": {
            "dashboard_ratio_1e6": ratios["dashboard"],
            "growth_1e4_1e6": max(growth.values()),
            **{f"{page}_ms_1e6": medians["1e6"][page] for page in (*PAGES, "home")},
            **{f"first_view_{network}_s": statistics.median(view["largest_ms"] for view in seen) / 1000
               for network, seen in views.items()},
        },
        "detail": {"medians_ms": medians, "growth": growth, "ratios_1e6": ratios, "rounds": rounds, "views": views},
    }


# === MEASURING === #

def log_in(address, database):
    """Return a connection and the headers of a session."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.request(
        "POST", "/web/session/authenticate", headers={"Content-Type": "application/json"},
        body=json.dumps({"params": {"db": database, "login": "mei", "password": "mei"}}))
    answer = connection.getresponse()
    answer.read()
    session = answer.headers["Set-Cookie"].partition(";")[0]
    return connection, {"Cookie": session}


def ask(sessions, count):
    """Return the mean milliseconds of each page on each server, asked for in turns."""
    pages = {**PAGES, "home": HOME}
    timings = {name: dict.fromkeys(pages, 0) for name in sessions}
    for _request in range(count):
        for page, path in pages.items():
            for name, (connection, headers) in sessions.items():
                start = time.perf_counter()
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                timings[name][page] += (time.perf_counter() - start) * 1000 / count
                if answer.status != 200 or (page in PAGES and b"o_distribution_nav" not in body):
                    raise AssertionError(f"{path} answers {answer.status}, or not with the page of a distributor")
    return timings


def look(address, session, network):
    """Open the dashboard again and again, each time in a new browser."""
    cookie = session[1]["Cookie"]
    return [first_view.measure(address, PAGES["dashboard"], cookie, network) for _view in range(VIEWS)]


# === BUILDING === #

def build(env, rows):
    """A distributor with a login, and this many rows of the ledger; a team; levels, so that there is a next one."""
    env = env(context={**env.context, "tracking_disable": True, "no_reset_password": True})
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
    activate_plan(env, 10.0, 5.0)
    silver = env["distribution.level"].create([
        {"name": "Silver", "sequence": 1, "is_automatic": True, "min_sales": 100},
        {"name": "Gold", "sequence": 2, "is_automatic": True, "min_sales": 10**9, "max_return_rate": 20}])[0]
    user = env["res.users"].create({
        "name": "Mei", "login": "mei", "password": "mei", "group_ids": [Command.set(env.ref("base.group_portal").ids)]})
    mei = env["distribution.distributor"].create({
        "partner_id": user.partner_id.id, "code": "MEI888", "level_id": silver.id})
    mei._set_active()
    order = _build_sample(env, mei)
    _build_history(env, mei, order, rows)
    _build_team(env, mei, order)
    commit_and_analyze(env)


def _build_sample(env, mei):
    """An order that is invoiced, to be copied with what hangs on it."""
    product = env["product.product"].create({"name": "Tea", "type": "service", "list_price": 100.0})
    order = env["sale.order"].create({
        "partner_id": env["res.partner"].create({"name": "Customer"}).id, "distributor_id": mei.id,
        "order_line": [Command.create({"product_id": product.id, "tax_ids": [Command.clear()]})]})
    order.action_confirm()
    env.flush_all()
    env.cr.execute(SQL("UPDATE sale_order SET invoice_status = 'invoiced' WHERE id = %s", order.id))
    env.cr.execute(SQL("UPDATE sale_order_line SET untaxed_amount_invoiced = 100 WHERE order_id = %s", order.id))
    env.invalidate_all()
    return order


def _build_history(env, mei, order, rows):
    """Orders, the latest first: some of the last days, the others before; five commissions each, two rows for each."""
    orders = rows // ROWS // LINES
    at = _get_moments(RECENT)
    attribution = env["distribution.attribution"].search([("order_id", "=", order.id)])
    first_order = _copy_orders(env, order, orders, at)
    first_attribution = copies(
        env, attribution, orders, order_id=SQL("%s + s.i - 1", first_order), pinned_at=at)
    copies(env, attribution.tier_ids[0], orders, attribution_id=SQL("%s + s.i - 1", first_attribution))
    first_commission, commissions = next_id(env, "distribution_commission"), orders * LINES
    env.cr.execute(SQL(
        """
        INSERT INTO distribution_commission
                    (id, attribution_id, order_name, order_line_ref, product_name, distributor_id, tier, company_id,
                     created_at, transfer_count, base_amount, earned_amount, pending_amount, available_amount,
                     held_amount, settled_amount, explanation)
             SELECT %(first)s + c.i - 1, %(attribution)s + s.i - 1, 'O/' || s.i, 1000000000 + c.i, 'Tea', %(mei)s, 1,
                    %(company)s, %(at)s, 2, 100, 10, 0, 10, 0, 0, '{"rule": {"kind": "percent", "value": 100000}}'
               FROM generate_series(1, %(count)s) AS c(i)
         CROSS JOIN LATERAL (SELECT %(orders)s - (c.i - 1) / %(lines)s AS i) s
        """, first=first_commission, attribution=first_attribution, mei=mei.id, company=mei.company_id.id, at=at,
        count=commissions, orders=orders, lines=LINES))
    for step, (source, destination, reason) in enumerate(
            (("merchant", "pending", "accrual"), ("pending", "available", "maturity")), start=1):
        env.cr.execute(SQL(
            """
            INSERT INTO distribution_transfer
                        (idempotency_key, company_id, distributor_id, commission_id, source, destination, amount,
                         reason, posted_at)
                 SELECT 'commission:' || id || ':' || %s, company_id, distributor_id, id, %s, %s, 10, %s, created_at
                   FROM distribution_commission WHERE id >= %s
            """, step, source, destination, reason, first_commission))
    for bucket, amount in (("merchant", -10 * commissions), ("available", 10 * commissions)):
        env.cr.execute(SQL(
            "UPDATE distribution_balance SET amount = %s WHERE distributor_id = %s AND bucket = %s",
            amount, mei.id, bucket))
    env.cr.execute(SQL("SELECT setval('distribution_commission_id_seq', %s)", first_commission + commissions))
    env.invalidate_all()


def _build_team(env, mei, order):
    """Distributors below with a sale of this month each."""
    member = create_distributor(env, "Member", mei)
    first_partner = copies(env, member.partner_id, TEAM, name=SQL("'Member ' || s.i"))
    point_to_itself(env, "res_partner", "commercial_partner_id", first_partner, TEAM)
    first = copies(
        env, member, TEAM, partner_id=SQL("%s + s.i - 1", first_partner), code=SQL("'TEAM' || (1000 + s.i)"),
        alias=SQL("CASE WHEN s.i %% 2 = 0 THEN 'Alias ' || s.i END"))
    first_order = _copy_orders(env, order, TEAM, SQL("%s::timestamp", fields.Datetime.now()))
    copies(
        env, env["distribution.attribution"].search([("order_id", "=", order.id)]), TEAM,
        order_id=SQL("%s + s.i - 1", first_order), distributor_id=SQL("%s + s.i - 1", first))


def _get_moments(recent):
    """Return when order `s.i` was: the first ones within the last days, each one after them an hour earlier."""
    return SQL(
        "(%(now)s::timestamp - CASE WHEN s.i <= %(recent)s THEN s.i * make_interval(days => %(days)s) / %(recent)s"
        "                           ELSE make_interval(days => %(days)s, mins => 20 * s.i) END)",
        now=fields.Datetime.now(), recent=recent, days=RECENT_DAYS)


def _copy_orders(env, order, count, at):
    first = copies(
        env, order, count, name=SQL("'O%s/' || s.i", next_id(env, "sale_order")), date_order=at, access_token=SQL("NULL"))
    copies(env, order.order_line, count, order_id=SQL("%s + s.i - 1", first))
    return first
