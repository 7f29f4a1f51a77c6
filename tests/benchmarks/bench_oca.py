"""The same orders through commission → settlement → posted payable, against OCA's commission addons.

1,000 orders of 3 lines under a plan of 10 % for one tier: once with one agent per order, once with 20 agents.
Three databases, made alike: plain Odoo, Odoo with OCA's addons, Odoo with ours. The documents are made in all
three in turns, a few at a time, and what the two add to plain Odoo's time for confirming and invoicing, in the
median turn, is counted for them. Then comes what each does afterwards. OCA: settlements, bills, posting. Ours: processing, booking, maturing,
settlement. Seconds are of the processor, of Python and of the database's process: others do not count.
"""
import os
import statistics

from building import activate_plan, create_distributor, processor_seconds

from odoo import Command, fields

ORDERS = int(os.environ.get("BENCH_ORDERS", "1000"))
BATCH = 10                      # orders of a turn
CASES = {"speedup": ORDERS, "speedup_20_agents": 20}
ODOO = ("sale", "account")
MODULES = ODOO
OCA = (*ODOO, "sale_commission_oca", "account_commission_oca")
OURS = (*ODOO, "distribution_commission")


def run(_env, bench):
    metrics, detail = {}, {}
    for name, agents in CASES.items():
        detail[name] = _measure(bench, agents)
        metrics[name] = detail[name]["oca"]["total"] / detail[name]["ours"]["total"]
        for side in ("oca", "ours"):
            metrics[f"{side}_ms_per_order_{agents}"] = detail[name][side]["total"] / ORDERS * 1000
    return {"metrics": metrics, "detail": detail}


def _measure(bench, agents):
    with (
        bench.environment(bench.database(ODOO)) as plain,
        bench.environment(bench.database(OCA)) as oca,
        bench.environment(bench.database(OURS)) as ours,
    ):
        sides = {"plain": Plain(plain, agents), "oca": Oca(oca, agents), "ours": Ours(ours, agents)}
        _sell(sides)
        result = {
            name: {"documents": _get_added(sides[name], sides["plain"]), **sides[name].finish()}
            for name in ("oca", "ours")
        }
    for steps in result.values():
        steps["total"] = sum(steps.values())
    return result


def _sell(sides):
    """Make the same orders on all sides, in turns, each being first as often as the others."""
    order = list(sides.values())
    for start in range(0, ORDERS, BATCH):
        for side in order:
            side.sell(range(start, min(start + BATCH, ORDERS)))
        order.append(order.pop(0))
    sides["ours"].pay()


def _get_added(side, plain):
    """Seconds that a side adds to the documents of all orders, from its median turn; less than none is noise."""
    added = statistics.median(
        with_it - without for with_it, without in zip(side.documents, plain.documents, strict=True))
    return max(0.0, added * ORDERS / BATCH)


class Plain:
    """Odoo alone; what comes with it is the same for all."""

    def __init__(self, env, agents):
        self.env = env(context={**env.context, "tracking_disable": True})
        self.documents = []     # seconds of each turn
        self.env["account.chart.template"].try_loading("generic_coa", self.env.company, install_demo=False)
        self.product = self.env["product.product"].create({
            "name": "Tea", "type": "service", "list_price": 100.0, "invoice_policy": "order", "taxes_id": False})
        self.agents = [self.create_agent(number) for number in range(agents)]
        self.env.cr.commit()

    def create_agent(self, number):
        return self.env["res.partner"].create({"name": f"Customer {number}"})

    def prepare_order(self, agent):
        return {"partner_id": agent.id}

    def sell(self, numbers):
        started = processor_seconds(self.env)
        orders = self.env["sale.order"].create([
            {
                **self.prepare_order(self.agents[number % len(self.agents)]),
                "order_line": [Command.create({"product_id": self.product.id}) for _line in range(3)],
            }
            for number in numbers
        ])
        orders.action_confirm()
        orders._create_invoices(grouped=True).action_post()
        self.env.flush_all()
        self.documents.append(processor_seconds(self.env) - started)
        self.env.cr.commit()
        self.env.invalidate_all()

    def pay(self):
        """Not counted: the peer does not wait for payments."""
        invoices = self.env["account.move"].search([("move_type", "=", "out_invoice")])
        for chunk in (invoices[start:start + 100] for start in range(0, len(invoices), 100)):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=chunk.ids).create({"group_payment": False})._create_payments()
        self.env.flush_all()
        self.env.cr.commit()
        self.env.invalidate_all()

    def time_steps(self, **steps):
        seconds = {}
        for name, step in steps.items():
            started = processor_seconds(self.env)
            step()
            self.env.flush_all()
            self.env.cr.commit()
            seconds[name] = processor_seconds(self.env) - started
            self.env.invalidate_all()
        return seconds


class Oca(Plain):

    def create_agent(self, number):
        commission = self.env["commission"].search([], limit=1) or self.env["commission"].create(
            {"name": "10 %", "fix_qty": 10.0})
        agent = self.env["res.partner"].create({
            "name": f"Agent {number}", "agent": True, "commission_id": commission.id, "settlement": "annual"})
        return self.env["res.partner"].create({
            "name": f"Customer {number}", "commission_agent_ids": [Command.set(agent.ids)]})

    def finish(self):
        seconds = self.time_steps(settle=self.settle, bill=self.bill, post=self.post)
        posted = self.env["account.move"].search([("move_type", "=", "in_invoice"), ("state", "=", "posted")])
        _check(sum(posted.mapped("amount_untaxed")), len(posted), len(self.agents))
        return seconds

    def settle(self):
        # Yearly periods are settled in the year after
        self.env["commission.make.settle"].create({
            "settlement_type": "sale_invoice", "date_to": fields.Date.add(fields.Date.today(), years=1, days=5),
        }).action_settle()

    def bill(self):
        product = self.env["product.product"].create({
            "name": "Commission", "type": "service", "supplier_taxes_id": False})
        journal = self.env["account.journal"].search([("type", "=", "purchase")], limit=1)
        self.env["commission.make.invoice"].create({
            "journal_id": journal.id, "product_id": product.id}).button_create()

    def post(self):
        self.env["account.move"].search([("move_type", "=", "in_invoice")]).action_post()


class Ours(Plain):

    def __init__(self, env, agents):
        self.seller_by_customer = {}
        activate_plan(env, 10)
        super().__init__(env, agents)
        env.company._distribution_setup_accounting()
        self.env.cr.commit()

    def create_agent(self, number):
        customer = super().create_agent(number)
        self.seller_by_customer[customer.id] = create_distributor(self.env, f"Agent {number}").id
        return customer

    def prepare_order(self, agent):
        return {**super().prepare_order(agent), "distributor_id": self.seller_by_customer[agent.id]}

    def finish(self):
        seconds = self.time_steps(process=self.process, book=self.book, mature=self.mature, settle=self.settle)
        run = self.env["distribution.settlement.run"].search([])
        _check(run.amount, len(run.settlement_ids), len(self.agents))
        if differences := self.env["distribution.books"].check():
            raise AssertionError(differences)
        return seconds

    def process(self):
        while self.env["distribution.event"]._process():
            self.env.cr.commit()

    def book(self):
        while self.env["distribution.booking"]._book(self.env.company):
            self.env.cr.commit()

    def mature(self):
        later = fields.Datetime.add(fields.Datetime.now(), days=365)
        while self.env["distribution.commission"]._mature(self.env.company, later):
            self.env.cr.commit()

    def settle(self):
        self.env["distribution.settlement.run"].create({}).action_post()


def _check(amount, count, agents):
    """Both have paid 10 % of everything, to everybody."""
    if round(amount, 2) != ORDERS * 30 or count != agents:
        raise AssertionError(f"{amount} for {count} agents instead of {ORDERS * 30} for {agents}")
