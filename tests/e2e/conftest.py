"""A served Odoo on a database of its own, and an environment on it beside the server."""
import os
import sys
from pathlib import Path

import pytest

KIT = Path(__file__).resolve().parents[2] / "setup"
sys.path[:0] = [str(KIT), str(KIT / "kit" / "inside")]

from kit import databases, environment, paths, postgres, server, templates
from kit.machine import find_browser
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
    """Start so many servers of the database, each with threads of its own. Gives their addresses."""
    running = []

    def start(count):
        while len(running) < count:
            port, log = environment.free_port(), paths.LOGS / f"e2e-{os.getpid()}-{len(running)}.log"
            running.append((server.start(database, port, log, "--max-cron-threads=0"), port))
        return [f"http://127.0.0.1:{port}" for _process, port in running]

    yield start
    for process, _port in running:
        server.stop(process)


@pytest.fixture(scope="session")
def chromium():
    """A browser for all tests; whoever takes part in one has cookies of its own."""
    from playwright.sync_api import sync_playwright  # its package is there for these tests alone

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Of a story that fails, keep what everybody has in front of them."""
    report = yield
    if report.failed and "chromium" in item.funcargs:
        pages = [page for context in item.funcargs["chromium"].contexts for page in context.pages]
        for number, page in enumerate(pages):
            page.screenshot(path=paths.LOGS / f"{item.name}-{number}.png")
    return report
