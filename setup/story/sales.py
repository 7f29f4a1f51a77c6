"""Orders, from the quotation or the cart to delivery, money and return."""
from collections import defaultdict
from dataclasses import dataclass
from itertools import compress, pairwise

from odoo import Command

from .clock import DAYS
from .people import DISTRIBUTORS
from .phones import AGENTS, Phone

ORDERS = 260
INVOICED_EVERY = 4                  # days: what staff has entered since then is invoiced in one go
FROM_THE_SHOP = 0.2               # of them through a link and the web shop; the others staff enters
NOT_REFERRED = 0.12
FATES = [                           # what becomes of an order, and how often
    ("kept", 0.70), ("part refunded", 0.08), ("returned", 0.04), ("returned and cancelled", 0.02),
    ("cancelled when paid", 0.02), ("cancelled unpaid", 0.05), ("never paid", 0.04), ("quotation", 0.05),
]
# Day: (buyer, seller). Distributors who buy from themselves earn nothing; the upline that buys from its
# downline lets the downline earn; and somebody must have earned something before being suspended.
CERTAIN = {
    20: ("sunqian", "sunqian"), 35: ("linxia", "chenmo"), 58: ("malong", "malong"),
    62: (None, "caoyang"), 68: (None, "caoyang"), 72: (None, "caoyang"),
}
LATE_REFUNDS_ON = (80, 90)          # returns after the commission was paid out


@dataclass
class Plan:
    """An order to come."""

    day: int
    minute: int                     # of the 270 from ten o'clock to half past two
    fate: str
    from_shop: bool
    customer: object
    seller: str | None              # key of a distributor
    lines: list                     # (index of the product, quantity, discount)


class Sales:
    """The agenda of all that is still to be done for orders, day by day."""

    def __init__(self, stage):
        self.stage = stage
        self.plans = self._prepare_plans()
        self.agenda = defaultdict(list)         # (day, step): ids of orders
        self.count = 0

    def trade(self, day):
        """All that has to do with orders on one day."""
        plans = self.plans[day]
        self._receive_visitors(day, [plan for plan in plans if plan.from_shop])
        self._take_orders(day, [plan for plan in plans if not plan.from_shop])
        self._cancel(day)
        self._deliver(day)
        self._invoice(day)
        self._serve_after_sales(day)
        self.count += len(plans)

    # === WHO BUYS WHAT, AND WHEN === #

    def _prepare_plans(self):
        """The shop grows, and two days of seven are busy: no weekends, so that any day tells the same."""
        dice = self.stage.dice
        weights = [(1 + 1.4 * day / DAYS) * (1.35 if day % 7 in (0, 6) else 1) for day in range(DAYS)]
        self._home = [self._pick_seller() for _customer in self.stage.customers]
        plans = defaultdict(list)
        for day in sorted(dice.choices(range(DAYS), weights, k=ORDERS - len(CERTAIN))):
            plans[day].append(self._prepare_plan(day))
        for day, (buyer, seller) in CERTAIN.items():
            plan = self._prepare_plan(day)
            plan.fate, plan.from_shop, plan.seller = "kept", False, seller
            if buyer:
                plan.customer = self.stage.distributors[buyer].partner_id
            plans[day].append(plan)
        for of_day in plans.values():
            of_day.sort(key=lambda plan: plan.minute)
        return plans

    def _prepare_plan(self, day):
        dice = self.stage.dice
        number = dice.randrange(len(self._home))
        seller = self._home[number] if dice.random() < 0.7 else self._pick_seller()
        from_shop = dice.random() < FROM_THE_SHOP
        if not from_shop and dice.random() < NOT_REFERRED / (1 - FROM_THE_SHOP):
            seller = None
        fates, shares = zip(*FATES, strict=True)
        return Plan(
            day=day,
            minute=dice.randrange(270),
            fate=dice.choices(fates, shares)[0],
            from_shop=from_shop,
            customer=self.stage.customers[number],
            seller=seller,
            lines=self._pick_lines((1, 1, 2) if from_shop else (1, 1, 2, 2, 3)),
        )

    def _pick_lines(self, numbers):
        dice = self.stage.dice
        indexes = dice.sample(range(len(self.stage.products)), dice.choice(numbers))
        return [(index, dice.choice((1, 1, 1, 2, 2, 3)), dice.choice((0, 0, 0, 0, 5, 10)))
                for index in indexes]

    def _pick_seller(self):
        """A few sell much, many sell little."""
        weights = [1 / (rank + 2) for rank in range(len(DISTRIBUTORS))]
        return self.stage.dice.choices(DISTRIBUTORS, weights)[0].key

    def _get_active(self, key):
        """The distributor, or the first one above it who is active; nobody for nobody."""
        if not key:
            return self.stage.env["distribution.distributor"]
        person = next(person for person in DISTRIBUTORS if person.key == key)
        distributor = self.stage.distributors.get(key)
        if distributor and distributor.state == "active":
            return distributor
        return self._get_active(person.upline or DISTRIBUTORS[0].key)

    # === THE WEB SHOP === #

    def _receive_visitors(self, day, plans):
        """Links are opened all day long; some visitors only look, some fill a cart, some pay."""
        stage = self.stage
        for _looker in range(stage.dice.choice((0, 1, 1, 2))):
            stage.clock.move_to(day, 10)
            phone = Phone(stage.dice.choice(AGENTS))
            phone.follow(self._get_active(self._pick_seller()), stage.dice.choice(stage.products).website_url)
            phone.put_away()
        for plan in plans:
            stage.clock.move_to(day, 10 + plan.minute // 60, plan.minute % 60)
            cart = self._fill_cart(plan)
            if plan.fate != "quotation":
                self._check_out(plan, cart)

    def _fill_cart(self, plan):
        dice = self.stage.dice
        phone = Phone(dice.choice(AGENTS))
        if dice.random() < 0.15:        # the last link counts
            phone.follow(self._get_active(self._pick_seller()))
        first = self.stage.products[plan.lines[0][0]]
        phone.follow(self._get_active(plan.seller), first.website_url)
        for index, quantity, _discount in plan.lines:
            phone.add_to_cart(self.stage.products[index], quantity)
        cart_id = phone.put_away()
        self.stage.commit()             # the cart was made in another transaction: begin one that sees it
        return self.stage.fast["sale.order"].browse(cart_id)

    def _check_out(self, plan, cart):
        """What the pages of the checkout do: address, delivery, payment, and its post-processing.

        Not by HTTP, unlike the visit and the cart: five pages for each order would take minutes.
        """
        customer = plan.customer.id
        cart.write({"partner_id": customer, "partner_invoice_id": customer, "partner_shipping_id": customer})
        cart._set_delivery_method(cart._get_delivery_methods()[:1])
        if plan.fate in ("never paid", "cancelled unpaid"):
            transaction = self._begin_payment(cart, cart.env.ref("payment.payment_provider_transfer"))
            transaction._set_pending()                          # money on its way, which never comes
            transaction._post_process()
            if plan.fate == "cancelled unpaid":
                self._note(plan.day + 2, "cancel", cart)
        else:
            transaction = self._begin_payment(cart, cart.env.ref("payment.payment_provider_demo"))
            transaction.action_demo_set_done()
            transaction.with_context(skip_sale_auto_invoice_send=True)._post_process()
            self._note_paid(plan.day, plan.fate, cart)

    def _begin_payment(self, cart, provider):
        return cart.env["payment.transaction"].create({
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids[:1].id,
            "amount": cart.amount_total,
            "currency_id": cart.currency_id.id,
            "partner_id": cart.partner_id.id,
            "operation": "online_direct",
            "sale_order_ids": [Command.set(cart.ids)],
        })

    # === ORDERS TAKEN BY STAFF === #

    def _take_orders(self, day, plans):
        stage = self.stage
        stage.clock.move_to(day, 14, 30 + stage.dice.randrange(30))
        orders = stage.by(stage.merchant, stage.fast["sale.order"]).create([{
            "partner_id": plan.customer.id,
            "distributor_id": self._get_active(plan.seller).id,
            "order_line": [Command.create({
                "product_id": stage.products[index].id, "product_uom_qty": quantity, "discount": discount,
            }) for index, quantity, discount in plan.lines],
        } for plan in plans])
        wanted = [plan.fate != "quotation" for plan in plans]
        orders.browse(compress(orders.ids, wanted)).action_confirm()
        for plan, order in compress(zip(plans, orders, strict=True), wanted):
            self._plan_ahead(plan, order)

    def _plan_ahead(self, plan, order):
        day, dice = plan.day, self.stage.dice
        if plan.fate == "cancelled unpaid":
            self._note(day + dice.randint(1, 3), "cancel", order)
        elif plan.fate == "never paid":
            self._note(day + 1, "invoice", order)
        else:
            self._note(day + dice.choice((0, 0, 1)), "invoice and pay", order)
            self._note_paid(day, plan.fate, order)

    def _note_paid(self, day, fate, order):
        """Plan what follows on a payment."""
        dice = self.stage.dice
        if fate == "cancelled when paid":
            self._note(day + 4, "credit", order)
            self._note(day + 4, "cancel", order)
            return
        delivery = day + dice.randint(1, 3)
        self._note(delivery, "deliver", order)
        complaint = delivery + dice.choice((2, 3, 5, 6, 15))
        if fate == "part refunded":
            self._note(complaint, "part credit", order)
        elif fate.startswith("returned"):
            self._note(complaint, "return", order)
            if fate == "returned and cancelled":
                self._note(delivery + 16, "cancel", order)

    def _note(self, day, step, order):
        self.agenda[day, step].append(order.id)

    def _due(self, day, step, user):
        ids = [order_id for noted in sorted(self.agenda) if noted[0] <= day and noted[1] == step
               for order_id in self.agenda.pop(noted)]
        return self.stage.by(user, self.stage.fast["sale.order"].browse(ids))

    # === THE WAREHOUSE === #

    def _deliver(self, day):
        stage = self.stage
        stage.clock.move_to(day, 16)
        orders = self._due(day, "deliver", stage.merchant)
        self._validate(orders.picking_ids.filtered(lambda picking: picking.state == "assigned"))

    def _validate(self, pickings):
        if pickings:
            pickings.button_validate()
            if open_ones := pickings.filtered(lambda picking: picking.state != "done"):
                raise RuntimeError(f"not delivered: {open_ones.mapped('name')}")

    def _take_back(self, orders):
        """Goods come back."""
        for picking in orders.picking_ids.filtered(lambda picking: picking.state == "done"):
            wizard = orders.env["stock.return.picking"].with_context(
                active_model="stock.picking", active_id=picking.id, active_ids=picking.ids).create({})
            action = wizard.action_create_returns_all()
            self._validate(picking.browse(action["res_id"]))

    # === INVOICES AND MONEY === #

    def _invoice(self, day):
        if day % INVOICED_EVERY:
            return
        stage = self.stage
        stage.clock.move_to(day, 17)
        paid, unpaid = (self._due(day, step, stage.merchant) for step in ("invoice and pay", "invoice"))
        orders = (paid | unpaid).filtered(lambda order: order.invoice_status == "to invoice")
        if not orders:
            return
        # grouped=True: an invoice for each order; otherwise a customer's orders share one
        invoices = stage.by(stage.accountant, orders._create_invoices(grouped=True))
        invoices.action_post()
        self._pay(invoices.filtered(lambda invoice: invoice.line_ids.sale_line_ids.order_id <= paid.sudo()))

    def _pay(self, moves):
        """Money in for an invoice, out for a credit note."""
        if moves:
            register = self.stage.by(self.stage.accountant, self.stage.fast["account.payment.register"])
            register.with_context(active_model="account.move", active_ids=moves.ids).create({
                "group_payment": False})._create_payments()

    def _credit(self, orders, reason, share=None):
        """Credit notes through the wizard of the invoices, and the money back.

        :param callable share: Returns which part of the first line alone is credited.
        """
        invoices = self.stage.by(self.stage.accountant, orders.sudo().invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"))
        if not invoices:
            return
        wizard = invoices.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoices.ids).create({
                "reason": reason, "journal_id": invoices.journal_id.id})
        wizard.refund_moves()
        credit_notes = wizard.new_move_ids
        for credit_note in credit_notes if share else ():
            first, others = credit_note.invoice_line_ids[:1], credit_note.invoice_line_ids[1:]
            credit_note.invoice_line_ids = [
                Command.update(first.id, {"price_unit": round(first.price_unit * share(), 2)}),
                *(Command.delete(line.id) for line in others),
            ]
        credit_notes.action_post()
        self._pay(credit_notes)

    # === AFTER SALES === #

    def _cancel(self, day):
        self.stage.clock.move_to(day, 15, 30)
        self._credit(self._due(day, "credit", self.stage.merchant), "客户取消订单")
        if orders := self._due(day, "cancel", self.stage.merchant):
            orders.action_cancel()

    def _serve_after_sales(self, day):
        """Parcels come back any day; credit notes are written when invoices are."""
        stage = self.stage
        stage.clock.move_to(day, 18)
        returned = self._due(day, "return", stage.merchant)
        self._take_back(returned)
        self.agenda[day, "credit return"].extend(returned.ids)
        if day % INVOICED_EVERY == 0:
            self._credit(self._due(day, "credit return", stage.merchant), "客户退货")
            self._credit(self._due(day, "part credit", stage.merchant), "包装破损补偿",
                         share=lambda: stage.dice.choice((0.2, 0.3, 0.5)))
        if day in LATE_REFUNDS_ON:
            self._return_what_was_paid_out()

    def _return_what_was_paid_out(self):
        """The distributor owes then, until it has earned that much again."""
        stage = self.stage
        settled = stage.env["distribution.commission"].search([
            ("settled_amount", ">", 0), ("tier", "=", 1)], order="id")
        for commission in settled:
            order = commission.order_line_id.order_id
            owner = commission.distributor_id
            whole = order.invoice_ids.mapped("move_type") == ["out_invoice"]
            if whole and owner.paid_amount and not owner.payable_amount and not owner.reserved_amount:
                order = stage.by(stage.merchant, stage.fast["sale.order"].browse(order.id))
                self._take_back(order)
                self._credit(order, "质量问题退货")
                return
        raise RuntimeError("nobody has been paid out everything")


def in_weeks():
    """First and last day of each week of the story."""
    return list(pairwise([*range(0, DAYS, 7), DAYS]))
