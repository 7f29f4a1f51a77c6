"""The nightly level run over 10^4 and 10^5 distributors, and the chain of an order as it stood then.

Each size is a company of its own: two distributors at the top, six deep. Six in ten have sold in the
last 120 days, one order in twenty came back. Everybody first gets the level of a week ago; what is
measured is the run of today, which moves those whom that week has moved. Every run is rolled back, so
that each one meets the same movers.
"""
import math
import random
import statistics
import time
from datetime import timedelta

from building import commit_and_analyze, copies, next_id, point_to_itself

from odoo import Command, fields
from odoo.tools import SQL

SIZES = {10_000: 6, 100_000: 9}         # distributors: how many stand directly below each
RUNS = 5
CHAINS = 200
ORDERS = 2                              # per selling distributor, on average


def run(env):
    env = env(context={**env.context, "tracking_disable": True})
    now = fields.Datetime.now()
    companies, detail = {}, {}
    for size, fan in SIZES.items():         # measured before the next one is there
        companies[size] = _build(env, size, fan, now)
        commit_and_analyze(env)
        env["distribution.level.run"]._preview(companies[size], now - timedelta(days=7))._apply()
        commit_and_analyze(env)
        detail[str(size)] = _measure_run(env, companies[size], now)
    small, large = (detail[str(size)]["run_s"] for size in SIZES)
    chain = _measure_chain(env, companies[max(SIZES)])
    return {
        "metrics": {
            "exponent": math.log(large / small) / math.log(max(SIZES) / min(SIZES)),
            "run_s_1e5": large,
            **chain,
        },
        "detail": detail,
    }


# === MEASURING === #

def _measure_run(env, company, now):
    timings = [_time_run(env, company, now) for _ in range(RUNS)]
    return {
        "run_s": statistics.median(timing["run_s"] for timing in timings),
        "measure_s": statistics.median(timing["measure_s"] for timing in timings),
        "apply_s": statistics.median(timing["apply_s"] for timing in timings),
        "movements": timings[0]["movements"],
        "statements": timings[-1]["statements"],
        "runs": timings,
    }


def _time_run(env, company, now):
    """Measure and apply; then undo it."""
    statements, started = env.cr.sql_log_count, time.perf_counter()
    level_run = env["distribution.level.run"]._preview(company, now)
    measured = time.perf_counter()
    level_run._apply()
    env.flush_all()
    applied = time.perf_counter()
    result = {
        "run_s": applied - started, "measure_s": measured - started, "apply_s": applied - measured,
        "statements": env.cr.sql_log_count - statements,
        "movements": dict(env["distribution.level.run.line"]._read_group(
            [("run_id", "=", level_run.id)], ["direction"], ["__count"])),
    }
    env.cr.rollback()
    env.invalidate_all()
    return result


def _measure_chain(env, company):
    """Who stood above the seller of an order when it was confirmed, and at which level."""
    attributions, upline = env["distribution.attribution"], env["distribution.upline"]
    orders = random.Random(7).sample(attributions.search([("company_id", "=", company.id)]).order_id.ids, CHAINS)
    timings, statements = [], []
    for order in orders:
        env.invalidate_all()
        before, started = env.cr.sql_log_count, time.perf_counter()
        attribution = attributions.search_fetch([("order_id", "=", order)], ["distributor_id", "pinned_at"])
        chain = upline._get_leveled_chain_at(attribution.distributor_id, attribution.pinned_at, depth=6)
        timings.append((time.perf_counter() - started) * 1000)
        statements.append(env.cr.sql_log_count - before)
        assert len(chain) >= 1
    return {"chain_statements": max(statements), "chain_ms": statistics.median(timings)}


# === BUILDING === #

def _build(env, size, fan, now):
    """Insert a company with its network and what that has sold."""
    company = env["res.company"].create({"name": f"Network of {size}"})
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    for sequence, values in enumerate((
        {"name": "Start"},
        {"name": "Silver", "min_sales": 150, "max_return_rate": 40, "grace_days": 0},
        {"name": "Gold", "min_sales": 400, "min_orders": 3, "max_return_rate": 30, "min_tenure_days": 60, "grace_days": 0},
        {"name": "Diamond", "window_days": 30, "min_sales": 600, "needs_training": True, "grace_days": 7},
    )):
        env["distribution.level"].create({
            "sequence": sequence, "is_automatic": True, "company_id": company.id, **values})
    partner = env["res.partner"].create({"name": "Customer"})
    distributors = _build_distributors(env, company, partner, size, fan, now)
    _build_sales(env, company, partner, distributors, size, now)
    return company


def _build_distributors(env, company, partner, size, fan, now):
    """Two at the top; below number k stand the numbers fan * k + 1 to fan * k + fan, counted from 3 on."""
    first_partner = copies(env, partner, size, name=SQL("'Seller ' || s.i"), complete_name=SQL("'Seller ' || s.i"))
    point_to_itself(env, "res_partner", "commercial_partner_id", first_partner, size)
    template = env["distribution.distributor"].create({
        "partner_id": partner.id, "company_id": company.id, "code": f"TOP{size}"})
    template._set_active()
    first = next_id(env, "distribution_distributor")
    copies(
        env, template, size,
        partner_id=SQL("%s + s.i - 1", first_partner), code=SQL("'N%s' || lpad(s.i::text, 6, '0')", size // 10_000),
        active_since=SQL("%s::timestamp - make_interval(days => (s.i * 37) %% 300 + 8)", now),
        trained_at=SQL("CASE WHEN s.i %% 3 = 0 THEN DATE '2020-01-01' END"),
        parent_id=SQL("CASE WHEN s.i > 2 THEN %s + (s.i - 3) / %s END", first, fan))
    env.cr.execute(SQL(
        """
        WITH RECURSIVE path(id, path) AS (
            SELECT id, id || '/' FROM distribution_distributor WHERE company_id = %(company)s AND parent_id IS NULL
         UNION ALL
            SELECT d.id, path.path || d.id || '/' FROM distribution_distributor d JOIN path ON d.parent_id = path.id
        )
        UPDATE distribution_distributor d SET parent_path = path.path FROM path WHERE d.id = path.id
        """, company=company.id))
    for table, columns in (
        ("distribution_upline", SQL("(distributor_id, parent_id, from_at)")),
        ("distribution_level_history", SQL("(distributor_id, level_id, from_at, company_id, source)")),
    ):
        extra = SQL(", company_id, 'creation'") if table == "distribution_level_history" else SQL()
        value = SQL.identifier("level_id" if table == "distribution_level_history" else "parent_id")
        env.cr.execute(SQL(
            "INSERT INTO %s %s SELECT id, %s, %s::timestamp - INTERVAL '365 days' %s"
            "  FROM distribution_distributor WHERE id >= %s AND id < %s",
            SQL.identifier(table), columns, value, now, extra, first, first + size))
    env.invalidate_all()
    return first


def _build_sales(env, company, partner, first_distributor, size, now):
    """Orders of one line, 120 days deep, of six distributors in ten; every twentieth half refunded."""
    count = size * 6 // 10 * ORDERS
    product = env["product.product"].create({"name": "Tea", "type": "service", "list_price": 100.0})
    order = env["sale.order"].create({
        "partner_id": partner.id, "company_id": company.id,
        "order_line": [Command.create({"product_id": product.id, "tax_ids": [Command.clear()]})]})
    env.flush_all()
    amount = SQL("(20 + (s.i::bigint * 7919) %% 380)")
    at = SQL("(%s::timestamp - make_interval(mins => ((s.i::bigint * 104729) %% 172800)::int + 1))", now)
    first_order = copies(
        env, order, count, name=SQL("'O%s/' || s.i", size), state=SQL("'sale'"), date_order=at, access_token=SQL("NULL"))
    first_line = copies(
        env, order.order_line, count, order_id=SQL("%s + s.i - 1", first_order), state=SQL("'sale'"),
        untaxed_amount_invoiced=SQL("CASE WHEN s.i %% 20 = 0 THEN %(a)s / 2.0 ELSE %(a)s END", a=amount))
    policy = env["distribution.policy"]._get_in_force(company)
    seller = SQL("%s + (((s.i::bigint * 15485863) %% %s) * 10 / 6)::int", first_distributor, size * 6 // 10)
    env.cr.execute(SQL(
        """
        INSERT INTO distribution_attribution (order_id, company_id, distributor_id, source, policy_id, pinned_at)
             SELECT %s + s.i - 1, %s, %s, 'staff', %s, %s FROM generate_series(1, %s) AS s(i)
        """, first_order, company.id, seller, policy.id, at, count))
    _build_refunds(env, company, partner, first_line, count)


def _build_refunds(env, company, partner, first_line, count):
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    refund = env["account.move"].create({
        "move_type": "out_refund", "partner_id": partner.id,
        "invoice_line_ids": [Command.create({"name": "Tea", "tax_ids": [Command.clear()]})]})
    env.flush_all()
    first_move = copies(env, refund, count // 20, name=SQL("'R/' || s.i"), state=SQL("'posted'"))
    line = refund.invoice_line_ids
    price = SQL("(20 + (s.i::bigint * 20 * 7919) %% 380) / 2.0")
    first_item = copies(
        env, line, count // 20, move_id=SQL("%s + s.i - 1", first_move), parent_state=SQL("'posted'"),
        price_subtotal=price, balance=price, debit=price, amount_currency=price)
    env.cr.execute(SQL(
        "INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)"
        "     SELECT %s + s.i - 1, %s + s.i * 20 - 1 FROM generate_series(1, %s) AS s(i)",
        first_item, first_line, count // 20))
