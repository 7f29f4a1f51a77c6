"""Odoo's own command line in this environment: setup/odoo shell -d distribution_demo, setup/odoo -d x -i y"""
import signal
from types import SimpleNamespace

from . import environment, postgres


def parse(arguments):
    return SimpleNamespace(arguments=arguments)


def main(options):
    with postgres.running():
        environment.write_conf()
        # Ctrl-C is Odoo's to answer; this process has to outlive it, to stop the PostgreSQL that it started
        signal.signal(signal.SIGINT, lambda *_: None)
        return environment.run(environment.odoo(*options.arguments))
