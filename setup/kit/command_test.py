"""Run the tests: linters, unit tests without Odoo, the addons' tests, the browser tests."""
import argparse
import contextlib

from . import databases, environment, postgres, results, test_groups
from .console import say

DEFAULT = ("lint", "unit", "addons", "e2e")
WITH_BROWSER = {"addons", "e2e", "upstream"}
BROWSER_TESTS = "browser tests and PDFs, which then count as failed"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="setup/test", description=__doc__)
    # not choices=: argparse would check an empty list against them
    parser.add_argument("groups", nargs="*", metavar="GROUP",
                        help=f"of {', '.join(test_groups.GROUPS)} (Odoo's own tests); "
                             f"none: {' '.join(DEFAULT)}")
    parser.add_argument("--tags", help="Odoo's --test-tags instead of the group's own")
    parser.add_argument("--quick", action="store_true",
                        help="while writing: update a copy of the last template, also if files have changed")
    options = parser.parse_args(arguments)
    if unknown := set(options.groups) - set(test_groups.GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    options.groups = options.groups or list(DEFAULT)
    options.browser = BROWSER_TESTS if WITH_BROWSER & set(options.groups) else None
    return options


def main(options):
    with contextlib.ExitStack() as stack:
        if set(options.groups) - {"unit"}:
            stack.enter_context(postgres.running())
            databases.drop_leftovers()
            environment.write_conf()
        outcomes = {group: _run(group, options) for group in options.groups}
    return _report(outcomes)


def _run(group, options):
    say(f"== {group}")
    result = test_groups.run_group(group, options)
    if result.words:
        print(result.words, flush=True)
    say(f"== {group}: {result}")
    return result


def _report(outcomes):
    print()
    for group, result in outcomes.items():
        print(f"{group:10} {result}")
    total = sum(outcomes.values(), results.Result())
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0
