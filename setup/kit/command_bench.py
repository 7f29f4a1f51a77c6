"""Run benchmarks: tests/benchmarks/bench_NAME.py, each in fresh databases."""
import argparse
import json
import os

from . import databases, environment, postgres, venv
from .console import say
from .paths import ROOT, STATE

BENCHMARKS = ROOT / "tests" / "benchmarks"
REQUIREMENTS = BENCHMARKS / "requirements.txt"
PACKAGES = STATE / "bench-packages"
RESULTS = STATE / "bench"
CONTRACT = """
A benchmark is a module with a function run(env) or run(env, bench) that returns
{"metrics": {key: number, …}, "detail": {…}}. MODULES = ("sale",) in it asks for a database with
just these modules; without it, the database has all of the suite. `bench` (setup/kit/inside/bench_run.py)
gives more databases, environments on them, and servers. Packages that only benchmarks need stand in
tests/benchmarks/requirements.txt.
"""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="setup/bench", description=__doc__, epilog=CONTRACT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"none: all of {listed()}")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(available())):
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {listed()}")      # ends with 2
    options.names = options.names or available()
    options.installs = bool(options.names)
    return options


def available():
    return sorted(path.stem.removeprefix("bench_") for path in BENCHMARKS.glob("bench_*.py"))


def listed():
    return ", ".join(available()) or "none yet"


def main(options):
    if not options.names:
        print(f"Benchmarks in {BENCHMARKS}: {listed()}")
        return 0
    with postgres.running():
        databases.drop_leftovers()
        environment.write_conf()
        # Odoo finds addons among them by itself
        os.environ["PYTHONPATH"] = venv.packages_beside(PACKAGES, REQUIREMENTS)
        return max([_run(name) for name in options.names])


def _run(name):
    say(f"== {name}")
    target = RESULTS / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if environment.run(environment.script("bench_run.py", BENCHMARKS / f"bench_{name}.py", target)):
        say(f"== {name} failed")
        return 1
    result = json.loads(target.read_text())
    print(f"\n{name}")
    for key, value in result["metrics"].items():
        print(f"  {key:32} {value:>14,.4g}")
    print(f"  → {target}\n", flush=True)
    return 0
