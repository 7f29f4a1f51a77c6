"""A served Odoo on a database of its own, and an environment on it beside the server."""
import os
import sys
from pathlib import Path

import pytest

KIT = Path(__file__).resolve().parents[2] / "setup"
sys.path[:0] = [str(KIT), str(KIT / "kit" / "inside")]

from kit import databases, environment, paths, postgres, server, templates
from session import configure, environment_on


@pytest.fixture(scope="module")
def database():
    """Thrown away in the end. `setup/test e2e` names what it is a copy of; else it is the suite's template."""
    with postgres.running():
        environment.write_conf()
        template = os.environ.get("E2E_TEMPLATE") or templates.suite()
        with databases.temporary(template, "served") as name:
            configure("critical")
            from odoo.tools import config

            config["db_name"] = [name]      # where Odoo's test classes look for it
            with environment_on(name):
                pass                        # from here on the addons can be imported
            yield name
            from odoo import sql_db

            sql_db.close_all()


@pytest.fixture(scope="module")
def serve(database):
    """Start a server with some options, and end the one before if it had others. Gives its address."""
    running = {}

    def stop():
        while running:
            server.stop(running.popitem()[1][0])

    def start(*arguments):
        if arguments not in running:
            stop()
            port, log = environment.free_port(), paths.LOGS / f"e2e-{os.getpid()}.log"
            process = server.start(database, port, log, "--max-cron-threads=0", *arguments)
            running[arguments] = process, f"http://127.0.0.1:{port}"
        return running[arguments][1]

    yield start
    stop()
