"""What the distributors earn, and how it reaches them."""
from collections import Counter, defaultdict

from .clock import DAYS
from .people import PORTAL

SETTLED_ON = (31, 61, 85)
SMALLEST_STATEMENT = 10.0
SMALLEST_WISH = 20
LAST_PAYMENT, LAST_ANSWER = DAYS - 3, DAYS - 2      # from these days on something is left to do
# (settlement, wish after it): what becomes of the wish, if not just paid
OUTCOMES = {
    (0, 1): "refused", (0, 3): "taken back", (1, 0): "failed", (1, 3): "refused", (2, 5): "approved only",
}
REFUSAL = "收款账户户名与实名信息不一致，请修改后重新申请"


class Money:
    """The agenda of settlements and withdrawals."""

    def __init__(self, stage):
        self.stage = stage
        self.agenda = defaultdict(list)         # (day, step): (id, outcome)
        self.asked = Counter()                  # wishes after each settlement

    def morning(self, day):
        """The accountant settles; the distributors ask, and are answered and paid the same morning."""
        stage = self.stage
        if day in SETTLED_ON:
            stage.clock.move_to(day, 9, 10)
            self._settle(day)
        stage.clock.move_to(day, 9, 20)
        for distributor_id, round_number in self.agenda.pop((day, "ask"), ()):
            self._ask(day, stage.env["distribution.distributor"].browse(distributor_id), round_number)
        for minute, step, method in (
            (40, "retry", self._retry), (45, "answer", self._answer), (50, "pay", self._pay),
        ):
            stage.clock.move_to(day, 9, minute)
            for withdrawal_id, outcome in self.agenda.pop((day, step), ()):
                withdrawal = stage.env["distribution.withdrawal"].browse(withdrawal_id)
                method(day, stage.by(stage.accountant, withdrawal), outcome)

    def close_day(self, day):
        """The three crons, in the evening."""
        stage = self.stage
        stage.clock.move_to(day, 22)
        stage.env.flush_all()
        while stage.env["distribution.event"]._process():
            pass
        while stage.env["distribution.commission"]._mature(stage.company, stage.clock.now):
            pass
        stage.clock.move_to(day, 23, 30)
        while stage.env["distribution.booking"]._book(stage.company):
            pass

    def _settle(self, day):
        run = self.stage.by(self.stage.accountant, self.stage.env["distribution.settlement.run"]).create({
            "min_amount": SMALLEST_STATEMENT})
        run.action_prepare()
        run.action_post()
        round_number = SETTLED_ON.index(day)
        for number, statement in enumerate(run.settlement_ids.sorted("id")):
            asked_on = day + 1 + number % (6 if day == SETTLED_ON[-1] else 4)
            self.agenda[asked_on, "ask"].append((statement.distributor_id.id, round_number))
        self.stage.say(f"settled {len(run.settlement_ids)} distributors: {run.amount:.2f}")

    def _ask(self, day, distributor, round_number):
        """All of it, mostly."""
        payable = distributor.payable_amount
        if payable < SMALLEST_WISH or distributor.state == "suspended":
            return
        # Who logs in to look around finds something left to ask for.
        looks_around = distributor.id in [self.stage.distributors[key].id for key in PORTAL]
        amount = payable * 0.6 // 10 * 10 if looks_around else payable
        outcome = OUTCOMES.get((round_number, self.asked[round_number]), "paid")
        self.asked[round_number] += 1
        withdrawal = distributor._request_withdrawal(amount)
        if outcome == "taken back":
            withdrawal._cancel_by_distributor()
        elif day < LAST_ANSWER:
            self.agenda[day, "answer"].append((withdrawal.id, outcome))

    def _answer(self, day, withdrawal, outcome):
        if outcome == "refused":
            withdrawal.refusal_reason = REFUSAL
            withdrawal.action_refuse()
            return
        withdrawal.action_approve()
        if outcome != "approved only":
            withdrawal.payout_ids.action_send()
            self.agenda[day, "pay"].append((withdrawal.id, outcome))

    def _pay(self, day, withdrawal, outcome):
        payout = withdrawal.payout_ids.filtered(lambda payout: payout.state == "sent")
        if day >= LAST_PAYMENT:
            return                          # the bank has not said yet
        if outcome == "failed":
            payout.action_mark_failed()
            self.agenda[day + 2, "retry"].append((withdrawal.id, "paid"))
        else:
            payout.action_mark_done()

    def _retry(self, day, withdrawal, outcome):
        withdrawal.action_retry()
        withdrawal.payout_ids.filtered(lambda payout: payout.state == "draft").action_send()
        self.agenda[day, "pay"].append((withdrawal.id, outcome))
