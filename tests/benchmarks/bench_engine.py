"""Marked orders → kernel → posted ledger rows, against one bare INSERT … SELECT of the same rows.

Orders of three lines, invoiced and paid, under a plan of two tiers: six entries each. The bare insert fills a
table with the same columns, keys, indexes, foreign keys and triggers as the ledger, and nothing else. Each size
is worked on in a database of its own, in the batches of the scheduled job, with a commit after each.
"""
import math
import os
import statistics
import time
from pathlib import Path

from building import activate_plan, commit_and_analyze, copies, create_distributor, next_id

from odoo import Command, fields
from odoo.tools import SQL

SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIZES", "10000,1000000").split(","))     # entries
SELLERS = 1_000
LINES = 3
ENTRIES = LINES * 2             # an order's: each line pays the seller and its upline
ROUNDS = 5                      # of the small size, and of the bare insert


def run(_env, bench):
    detail = {}
    for size in SIZES:
        rounds = ROUNDS if size == min(SIZES) else 1
        detail[str(size)] = [_measure(bench, size) for _round in range(rounds)]
    small, large = (_median(detail[str(size)]) for size in SIZES)
    return {
        "metrics": {
            "share_of_raw_insert": large["share_of_raw_insert"],
            "exponent": math.log(large["seconds"] / small["seconds"]) / math.log(large["entries"] / small["entries"]),
            "peak_mb": large["peak_mb"],
            "mb_growth": large["peak_mb"] / small["peak_mb"],
            "entries_per_s": large["entries_per_s"],
            "raw_entries_per_s": large["raw_entries_per_s"],
        },
        "detail": detail,
    }


def _median(rounds):
    return {name: statistics.median(measured[name] for measured in rounds) for name in rounds[0]}


# === MEASURING === #

def _measure(bench, size):
    with bench.environment(bench.database()) as env:
        env = env(context={**env.context, "tracking_disable": True})
        _build(env, size // ENTRIES)
        _forget_peak()
        seconds = _process(env)
        peak = _peak_mb()
        [(entries,)] = env.execute_query(SQL("SELECT COUNT(*) FROM distribution_transfer"))
        if entries != size // ENTRIES * ENTRIES:
            raise AssertionError(f"{entries} entries of {size} were posted")
        if differences := env["distribution.books"].check():
            raise AssertionError(differences)
        raw = statistics.median(_insert_raw(env) for _round in range(ROUNDS))
    return {
        "entries": entries, "seconds": seconds, "entries_per_s": entries / seconds,
        "raw_seconds": raw, "raw_entries_per_s": entries / raw, "share_of_raw_insert": raw / seconds, "peak_mb": peak,
    }


def _process(env):
    """Seconds until no mark is left, as the scheduled job works on them."""
    started = time.perf_counter()
    while env["distribution.event"]._process():
        env.cr.commit()
    return time.perf_counter() - started


def _insert_raw(env):
    """Seconds for a bare insert of the ledger's rows into an empty table like it."""
    env.cr.execute(SQL("CREATE TABLE raw (LIKE distribution_transfer INCLUDING ALL)"))
    for name, definition in env.execute_query(SQL(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'distribution_transfer'::regclass AND contype = 'f'")):
        env.cr.execute(SQL("ALTER TABLE raw ADD CONSTRAINT %s %s", SQL.identifier(name), SQL(definition)))
    for definition, in env.execute_query(SQL(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgrelid = 'distribution_transfer'::regclass AND NOT tgisinternal")):
        env.cr.execute(SQL(definition.replace("public.distribution_transfer ", "raw ")))
    started = time.perf_counter()
    env.cr.execute(SQL("INSERT INTO raw SELECT * FROM distribution_transfer"))
    seconds = time.perf_counter() - started
    env.cr.rollback()
    return seconds


def _forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb():
    [peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024


# === BUILDING === #

def _build(env, count):
    """Copy one paid order, of one of the sellers each, and mark all of them."""
    company = env.company
    activate_plan(env, 10, 5)
    company._distribution_setup_accounting()
    upline = create_distributor(env, "Upline")
    seller = create_distributor(env, "Seller", upline)
    first_seller = _copy_sellers(env, seller)
    order = _create_paid_order(env, seller)
    env["distribution.event"].search([]).unlink()
    _copy_orders(env, order, count, first_seller)
    commit_and_analyze(env)


def _copy_sellers(env, seller):
    """Sellers below one upline, with their balances."""
    first_partner = copies(env, seller.partner_id, SELLERS)
    first = copies(
        env, seller, SELLERS, partner_id=SQL("%s + s.i - 1", first_partner), code=SQL("'S' || s.i"),
        parent_path=SQL("(SELECT parent_path FROM distribution_distributor WHERE id = t.parent_id)"
                        " || (%s + s.i - 1) || '/'", next_id(env, "distribution_distributor")))
    env.cr.execute(SQL(
        "INSERT INTO distribution_balance (distributor_id, company_id, bucket, amount)"
        "     SELECT %s + s.i - 1, company_id, bucket, 0 FROM distribution_balance, generate_series(1, %s) AS s(i)"
        "      WHERE distributor_id = %s", first, SELLERS, seller.id))
    return first


def _create_paid_order(env, seller):
    product = env["product.product"].create({
        "name": "Tea", "type": "service", "list_price": 100.0, "invoice_policy": "order", "taxes_id": False})
    order = env["sale.order"].create({
        "partner_id": env["res.partner"].create({"name": "Customer"}).id, "distributor_id": seller.id,
        "order_line": [Command.create({"product_id": product.id, "price_unit": 90.0 + n}) for n in range(LINES)]})
    order.action_confirm()
    invoice = order._create_invoices()
    invoice.action_post()
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids).create({})._create_payments()
    env.flush_all()
    return order


def _copy_orders(env, order, count, first_seller):
    attribution, invoice = order.attribution_ids, order.invoice_ids
    first_order = copies(env, order, count, name=SQL("'O' || s.i"), access_token=SQL("NULL"))
    first_move = copies(env, invoice, count, name=SQL("'I/' || s.i"), access_token=SQL("NULL"))
    for line in order.order_line:
        first_line = copies(env, line, count, order_id=SQL("%s + s.i - 1", first_order))
        first_item = copies(env, line.invoice_lines, count, move_id=SQL("%s + s.i - 1", first_move))
        env.cr.execute(SQL(
            "INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)"
            "     SELECT %s + s.i - 1, %s + s.i - 1 FROM generate_series(1, %s) AS s(i)",
            first_item, first_line, count))
    seller = SQL("%s + s.i %% %s", first_seller, SELLERS)
    first_attribution = copies(
        env, attribution, count, order_id=SQL("%s + s.i - 1", first_order), distributor_id=seller)
    for tier in attribution.tier_ids:
        copies(
            env, tier, count, attribution_id=SQL("%s + s.i - 1", first_attribution),
            **({"distributor_id": seller} if tier.tier == 1 else {}))
    env.cr.execute(SQL(
        "INSERT INTO distribution_event (order_ref, reason, told_at)"
        "     SELECT %s + s.i - 1, 'paid', %s FROM generate_series(1, %s) AS s(i)",
        first_order, fields.Datetime.now(), count))
