"""Settlement: 10^3 and 10^4 distributors, three commissions each, from the preview to the posted entries.

Also 600 new commissions of 334 distributors in a database with an empty past and in one with 10^6 settled ones,
and the same statements as vendor bills through account.move. Every run is rolled back; they alternate. Seconds are
of the processor, of Python and of the database's process.
"""
import math
import statistics

from building import (
    commit_and_analyze,
    copies,
    create_distributor,
    next_id,
    point_to_itself,
    processor_seconds,
)

from odoo import Command, fields
from odoo.tools import SQL

from odoo.addons.distribution_commission.models.distribution_balance import BUCKETS

SIZES = (1_000, 10_000)
LINES = 3                       # commissions of a distributor
AMOUNT = 10
RUNS = 5
NEW_LINES, NEW_DISTRIBUTORS = 600, 334
HISTORY = 1_000_000
BILL_BATCH = 100
WARM_UP = 200


def run(env, bench):
    timings = _measure_sizes(_without_tracking(env)) | _measure_history(bench)
    medians = {name: statistics.median(timing["s"] for timing in values) for name, values in timings.items()}
    small, large = SIZES
    return {
        "metrics": {
            "exponent": math.log(medians[large] / medians[small]) / math.log(large / small),
            "growth_with_history": medians["history"] / medians["empty"],
            "speedup_vs_bills": medians["bills"] / medians[small],
            "ms_per_distributor": medians[large] / large * 1000,
        },
        "detail": {"medians_s": medians, "runs": timings},
    }


def _without_tracking(env):
    return env(context={**env.context, "tracking_disable": True})


def _measure_sizes(env):
    sample = _build_sample(env)
    companies = {size: _build(env, sample, size, size * LINES) for size in SIZES}
    _warm_up(env, sample)
    timings = {size: [] for size in SIZES} | {"bills": []}
    for _run in range(RUNS):
        for size in SIZES:
            timings[size].append(_time(env, companies[size], _settle, size))
        timings["bills"].append(_time(env, companies[SIZES[0]], _bill, SIZES[0]))
    return timings


def _measure_history(bench):
    with (
        bench.environment(bench.database()) as empty,
        bench.environment(bench.database()) as aged,
    ):
        sides = {name: _without_tracking(env) for name, env in (("empty", empty), ("history", aged))}
        companies = {}
        for name, env in sides.items():
            sample = _build_sample(env)
            companies[name] = _build(env, sample, NEW_DISTRIBUTORS, NEW_LINES)
            if name == "history":
                _build_history(env, companies[name], sample)
            _warm_up(env, sample)
        timings = {name: [] for name in sides}
        for _run in range(RUNS):
            for name, env in sides.items():
                timings[name].append(_time(env, companies[name], _settle, NEW_DISTRIBUTORS))
    return timings


def _warm_up(env, sample):
    """Some entries and bills that stay, so that the planner knows what such tables look like."""
    company = _build(env, sample, WARM_UP, WARM_UP)
    for work in (_settle, _bill):
        work(env(context={**env.context, "allowed_company_ids": company.ids}), company, WARM_UP)
    commit_and_analyze(env)


# === MEASURING === #

def _time(env, company, work, count):
    """Do it; then undo it."""
    env.invalidate_all()
    env = env(context={**env.context, "allowed_company_ids": company.ids})
    started, statements = processor_seconds(env), env.cr.sql_log_count
    work(env, company, count)
    env.flush_all()
    result = {"statements": env.cr.sql_log_count - statements, "s": processor_seconds(env) - started}
    env.cr.rollback()
    env.invalidate_all()
    return result


def _settle(env, company, count):
    """Preview, release and post."""
    settlement_run = env["distribution.settlement.run"].create({"company_id": company.id})
    settlement_run.action_prepare()
    settlement_run._release()
    while settlement_run._post_next():
        pass
    assert settlement_run.state == "posted", settlement_run.state
    states = settlement_run.settlement_ids.mapped("state")
    assert states == ["posted"] * count, (len(states), set(states))


def _bill(env, company, count):
    """The same statements, each as a vendor bill, created and posted in batches."""
    distributors = env["distribution.distributor"].search([("company_id", "=", company.id)], limit=count)
    account, today = company.distribution_accrued_account_id, fields.Date.today()
    for first in range(0, count, BILL_BATCH):
        env["account.move"].create([{
            "move_type": "in_invoice", "company_id": company.id, "partner_id": distributor.partner_id.id,
            "invoice_date": today,
            "invoice_line_ids": [Command.create({
                "name": "Commissions", "account_id": account.id, "price_unit": LINES * AMOUNT,
                "tax_ids": [Command.clear()], "analytic_distribution": False})],
        } for distributor in distributors[first:first + BILL_BATCH]])._post(soft=False)


# === BUILDING === #

def _build_sample(env):
    """One sale that earned a commission, to be copied."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
    env.company._distribution_setup_accounting()
    seller = create_distributor(env, "Seller")
    product = env["product.product"].create({"name": "Tea", "type": "service", "list_price": 100.0})
    order = env["sale.order"].create({
        "partner_id": env["res.partner"].create({"name": "Customer"}).id, "distributor_id": seller.id,
        "order_line": [Command.create({"product_id": product.id, "tax_ids": [Command.clear()]})]})
    order.action_confirm()
    env.flush_all()
    attribution = env["distribution.attribution"].search([("order_id", "=", order.id)])
    [(commission,)] = env.execute_query(SQL(
        """
        INSERT INTO distribution_commission
                    (attribution_id, order_name, order_line_ref, order_line_id, product_name, distributor_id, tier,
                     company_id, created_at, transfer_count, base_amount, earned_amount, pending_amount,
                     available_amount, held_amount, settled_amount, explanation)
             VALUES (%s, %s, %s, %s, 'Tea', %s, 1, %s, %s, 2, 100, 10, 0, 10, 0, 0,
                     '{"rule": {"kind": "percent", "value": 100000}}')
          RETURNING id
        """, attribution.id, order.name, order.order_line.id, order.order_line.id, seller.id, env.company.id,
        fields.Datetime.now()))
    return env["distribution.commission"].browse(commission)


def _build(env, sample, distributors, commissions):
    """A company with its distributors and what they have available."""
    company = env["res.company"].create({"name": f"{distributors} distributors"})
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    company._distribution_setup_accounting()
    partner = sample.distributor_id.partner_id
    first_partner = copies(
        env, partner, distributors, name=SQL("'Seller ' || s.i"), complete_name=SQL("'Seller ' || s.i"),
        supplier_rank=SQL("1"))         # it is not their first statement
    point_to_itself(env, "res_partner", "commercial_partner_id", first_partner, distributors)
    first = copies(
        env, sample.distributor_id, distributors, partner_id=SQL("%s + s.i - 1", first_partner),
        code=SQL("'C' || %s || 'N' || s.i", company.id), company_id=SQL("%s", company.id))
    env.cr.execute(SQL(
        """
        INSERT INTO distribution_balance (distributor_id, company_id, bucket, amount)
             SELECT %s + s.i - 1, %s, bucket, 0
               FROM generate_series(1, %s) AS s(i), unnest(%s) AS bucket
        """, first, company.id, distributors, [bucket for bucket, _label in BUCKETS]))
    copies(
        env, sample, commissions, company_id=SQL("%s", company.id),
        distributor_id=SQL("%s + (s.i - 1) %% %s", first, distributors),
        order_line_ref=SQL("%s + s.i", next_id(env, "distribution_commission") + 10**7),
        earned_amount=SQL("%s", AMOUNT), available_amount=SQL("%s", AMOUNT))
    env.cr.execute(SQL(
        """
        UPDATE distribution_balance b SET amount = c.amount
          FROM (SELECT distributor_id, SUM(available_amount) AS amount FROM distribution_commission
                 WHERE company_id = %s GROUP BY distributor_id) c
         WHERE c.distributor_id = b.distributor_id AND b.bucket = 'available'
        """, company.id))
    return company


def _build_history(env, company, sample):
    """Settled commissions of the same distributors, each with the transfer that settled it."""
    [(first,)] = env.execute_query(SQL(
        "SELECT MIN(id) FROM distribution_distributor WHERE company_id = %s", company.id))
    first_commission = copies(
        env, sample, HISTORY, company_id=SQL("%s", company.id),
        distributor_id=SQL("%s + (s.i - 1) %% %s", first, NEW_DISTRIBUTORS),
        order_line_ref=SQL("%s + s.i", 2 * 10**8), available_amount=SQL("0"), settled_amount=SQL("10"))
    env.cr.execute(SQL(
        """
        INSERT INTO distribution_transfer
                    (idempotency_key, company_id, distributor_id, source, destination, amount, reason, commission_id,
                     posted_at)
             SELECT 'commission:' || c.id || ':past', c.company_id, c.distributor_id, 'available', 'payable', 10,
                    'settlement', c.id, %s
               FROM distribution_commission c
              WHERE c.id >= %s AND c.id < %s
        """, fields.Datetime.now(), first_commission, first_commission + HISTORY))
