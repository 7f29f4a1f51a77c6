"""Re-add a database's ledger against its journals; tell every difference."""
import argparse

from . import databases, environment, postgres
from .console import Failure

MODULE = "distribution_commission"


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/books-check", description=__doc__,
        epilog="Ends with 0: all equal, 1: differences, 2: no such database, or not one with the suite.")
    parser.add_argument("-d", "--database", default="distribution_demo", help="default: %(default)s")
    return parser.parse_args(arguments)


def main(options):
    with postgres.running():
        environment.write_conf()
        try:
            _demand_module(options.database)
        except Failure as failure:
            print(f"error: {failure}")
            return 2
        return environment.run(environment.script("books_check.py", options.database))


def _demand_module(database):
    if not databases.exists(database):
        raise Failure(f"there is no database {database}; there are: {', '.join(databases.names())}")
    if MODULE not in databases.installed_modules(database):
        raise Failure(f"{MODULE} is not installed in the database {database}")
