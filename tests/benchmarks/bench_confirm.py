"""Confirming attributed orders, against the same Odoo without the suite.

Two databases with the same modules of Odoo, one of them with the suite; the same orders in both, in turns, order
by order, so that what else the machine does slows both. Every order of the suite's database comes by a visit
through a distributor's link, with one upline, as a shop's do. The transaction ends with a commit, as a request's.
"""
import statistics
import time

from building import activate_plan, create_distributor

from odoo import Command, fields

SHOPS = {
    "webshop": ("sale_stock", "website_sale", "sale_loyalty"),
    "bare": ("sale",),
}
SUITE = {
    "webshop": ("distribution_website_sale",),
    "bare": ("distribution_commission",),
}
MODULES = ("sale",)             # of the database that is not used here
ROUNDS = 7
ORDERS = 60                     # a round, in each database
WARM_UP = 20
BATCHES = (1, 10, 50)           # orders confirmed in one call, for the statements


def run(_env, bench):
    metrics, detail = {}, {}
    for shop, modules in SHOPS.items():
        with (
            bench.environment(bench.database(modules)) as plain,
            bench.environment(bench.database(modules + SUITE[shop])) as ours,
        ):
            products = {env: _prepare(env) for env in (plain, ours)}
            distributor = create_distributor(ours, "Seller", create_distributor(ours, "Upline"))
            _time(plain, ours, products, distributor, WARM_UP)
            rounds = [_time(plain, ours, products, distributor, ORDERS) for _round in range(ROUNDS)]
            extra = {size: _count_extra(plain, ours, products, distributor, size) for size in BATCHES}
        ratios = [with_suite / without for without, with_suite in rounds]
        metrics[f"ratio_{shop}"] = statistics.median(ratios)
        metrics[f"ms_{shop}"] = statistics.median(with_suite for _without, with_suite in rounds)
        detail[shop] = {"ms_per_order": rounds, "ratios": ratios, "extra_statements": extra}
    metrics["extra_statements"] = max(max(shop["extra_statements"].values()) for shop in detail.values())
    return {"metrics": metrics, "detail": detail}


# === MEASURING === #

def _time(plain, ours, products, distributor, count):
    """Milliseconds to confirm an order, in each of the two: the median of `count`."""
    seconds = {plain: [], ours: []}
    for number in range(count):
        for env in (plain, ours) if number % 2 else (ours, plain):
            order = _create_orders(env, products[env], distributor if env is ours else None, 1)
            started = time.perf_counter()
            order.action_confirm()
            env.cr.commit()
            seconds[env].append(time.perf_counter() - started)
    return [statistics.median(seconds[env]) * 1000 for env in (plain, ours)]


def _count_extra(plain, ours, products, distributor, size):
    """How many statements more a call that confirms so many orders makes."""
    counts = []
    for env in (plain, ours):
        orders = _create_orders(env, products[env], distributor if env is ours else None, size)
        before = env.cr.sql_log_count
        orders.action_confirm()
        env.flush_all()
        counts.append(env.cr.sql_log_count - before)
        env.cr.commit()
    if len(orders.attribution_ids.tier_ids) != 2 * size:
        raise AssertionError("not all orders are attributed")
    return counts[1] - counts[0]


# === BUILDING === #

def _prepare(env):
    """Return a product, in a company where it can be sold."""
    if "distribution.plan" in env:
        activate_plan(env, 10, 5)
    return env["product.product"].create({"name": "Tea", "type": "consu", "list_price": 100.0})


def _create_orders(env, product, distributor, count):
    """Orders of three lines, each of a new customer; with a distributor, each after a visit through its link."""
    partners = env["res.partner"].create([{"name": "Customer", "street": "1 Road", "city": "Town"}] * count)
    orders = env["sale.order"].create([
        {
            "partner_id": partner.id,
            "order_line": [Command.create({"product_id": product.id}) for _line in range(3)],
        }
        for partner in partners
    ])
    if distributor:
        for order in orders:
            order.distribution_visitor = f"visitor-{order.id}"
        env["distribution.touch"].create([
            {
                "distributor_id": distributor.id,
                "company_id": order.company_id.id,
                "at": fields.Datetime.subtract(fields.Datetime.now(), hours=1),
                "visitor": order.distribution_visitor,
            }
            for order in orders
        ])
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    return orders
