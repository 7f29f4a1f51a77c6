"""The order of the chapters."""
import logging

from .clock import DAYS, Clock
from .ending import check_books, logins, summary
from .money import Money
from .network import build_network, network_events
from .quiet import no_mails, stay_quiet
from .sales import Sales, in_weeks
from .sharing import give_to_share
from .shop import open_shop
from .stage import Stage

DONE = "distribution.demo_story"


def tell(env):
    """Tell the story once: a database that knows it to the end is left as it is."""
    if env["ir.config_parameter"].get_param(DONE) == "done":
        print(f"The story was told in this database already.\n\n{logins()}", flush=True)
        return
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    stay_quiet(env)
    with Clock() as clock, no_mails(env):
        stage = Stage(env, clock)
        open_shop(stage)
        build_network(stage)
        _live(stage)
        give_to_share(stage)
    check_books(stage)
    env["ir.config_parameter"].set_param(DONE, "done")
    env.cr.commit()
    stage.say("the story is told")
    print(f"\n{summary(stage)}\n\n{logins()}", flush=True)


def _live(stage):
    sales, money = Sales(stage), Money(stage)
    for first, end in in_weeks():
        for day in range(first, end):
            stage.clock.move_to(day, 9)
            network_events(stage, day)
            money.morning(day)
            stage.commit()          # visitors come in through other transactions
            sales.trade(day)
            money.close_day(day)
            stage.commit()
        stage.say(f"day {end} of {DAYS}: {sales.count} orders")
