"""A demo shop with the whole suite: installs what is missing, makes the database, serves it until Ctrl-C."""
import argparse

from . import demo_database, demo_server, environment, locks, postgres
from .console import Failure, say

NEEDS_BROWSER = "PDFs (invoices, statements, posters)"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="setup/demo", description=__doc__)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--no-serve", action="store_true", help="only prepare")
    how.add_argument("--background", action="store_true", help="serve, and come back")
    how.add_argument("--stop", action="store_true", help="end what --background has started")
    parser.add_argument("--reset", action="store_true", help="throw the demo database away and begin anew")
    parser.add_argument("--port", type=int, default=8069, help="default: %(default)s")
    options = parser.parse_args(arguments)
    options.installs = not options.stop
    options.browser = NEEDS_BROWSER
    return options


def main(options):
    if options.stop:
        return _stop()
    if options.reset:
        demo_server.stop()
    if demo_server.pid():
        print("The demo is running; setup/demo --stop ends it.\n")
        print(_welcome(demo_server.address()))
        return 0
    url = f"http://127.0.0.1:{options.port}"
    if not options.no_serve and environment.port_is_taken(options.port):
        raise Failure(f"something else uses port {options.port}: setup/demo --port {options.port + 1}")
    with postgres.running():
        _prepare(options)
        if options.no_serve:
            say("ready: setup/demo serves it")
            return 0
        return _serve(options, url)


def _stop():
    if demo_server.stop():
        postgres.stop_if_unused()
    else:
        print("The demo is not running.")
    return 0


def _prepare(options):
    environment.write_conf()
    with locks.exclusive("demo"):
        if options.reset:
            demo_database.drop()
        demo_database.ensure()
        demo_database.set_address(f"http://127.0.0.1:{options.port}")


def _serve(options, url):
    say("starting Odoo")
    server = demo_server.start(url, options.port)
    say("serving")
    print(_welcome(url), flush=True)
    if options.background:
        print("\nTo end it: setup/demo --stop")
        return 0
    print("\nTo end it: Ctrl-C", flush=True)
    return demo_server.wait(server)


def _welcome(url):
    lines = [f"Shop         {url}/shop", f"Back office  {url}/odoo", f"Odoo's log   {demo_server.LOG}", ""]
    lines.append(demo_database.LOGINS.read_text().rstrip() if demo_database.LOGINS.exists()
                 else "Login        admin, password admin")
    return "\n".join(lines)
