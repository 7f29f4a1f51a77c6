"""What every chapter needs."""
import random
import sys

from freezegun import api as freezegun_api

from .quiet import CONTEXT

SEED = 20190828


class Stage:
    """The environment, the clock, the dice, and what the chapters before have made."""

    def __init__(self, env, clock):
        self.clock = clock
        self.dice = random.Random(SEED)
        self.started = freezegun_api.real_perf_counter()
        self.env = env(context={**env.context, **CONTEXT, "lang": "zh_CN", "tz": "Asia/Shanghai"})
        # What happens in masses leaves no tracking messages; what a distributor or accountant does, does.
        self.fast = self.env(context={**self.env.context, "tracking_disable": True})
        self.company = self.env.company
        self.merchant = self.accountant = None              # users
        self.levels = {}                                    # ids by key of network.LEVELS
        self.plan = self.env["distribution.plan"]
        self.products = self.env["product.product"]
        self.customers = self.env["res.partner"]
        self.distributors = {}                              # by key of people.DISTRIBUTORS

    def by(self, user, records):
        """The same records, in the hands of that user."""
        return records.with_user(user).with_context(allowed_company_ids=self.company.ids)

    def commit(self):
        """End a stretch of the story, and forget what was read: memory stays flat."""
        self.env.cr.commit()
        self.env.invalidate_all()

    def say(self, message):
        seconds = freezegun_api.real_perf_counter() - self.started
        print(f"  [{seconds:4.0f}s] {message}", file=sys.stderr, flush=True)
