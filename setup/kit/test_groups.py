"""The groups that `setup/test` runs. Each takes the command's options and returns a Result."""
import contextlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from . import databases, environment, npm, results, templates, venv
from .console import Failure, say
from .paths import LOGS, PYTHON, ROOT, SETUP, STATE, suite_modules, test_modules
from .results import Result

E2E_TAG = "distribution_e2e"
E2E = ROOT / "tests" / "e2e"
MINIPROGRAM = ROOT / "tests" / "miniprogram"
# Those classes of Odoo's own linter that do not need its git history or node packages.
ODOO_LINT = ("ManifestLinter", "TestIndex", "TestNaming", "TestLintOverrideSignatures", "RoutesLinter",
             "TestTestHoles", "TestOnchangeDomains")
# They ask for OCA's name and README.rst, for what only priced apps of Odoo's shop have, and for a return
# wherever super() is called, also where the method has no result. A large model is one file for each
# part of its life, so classes that extend it in one module are not merged.
PYLINT_OFF = ("manifest-required-author", "missing-readme", "manifest-required-key-app",
              "missing-odoo-file-app", "missing-return", "consider-merging-classes-inherited")
UPSTREAM_SUITES = ("sale", "account_payment", "payment", "portal", "website_sale")
# Parts that run side by side, and beside all the others: each takes about as long. The last one waits more than it works.
PARTS = (("distribution_core", "distribution_commission"), ("test_distribution",))
KNOWN_FAILURES = SETUP / "upstream_failures.txt"


# -- lint

def lint(options):
    return _ruff() + _pylint() + _odoo_lint()


def _ruff():
    return _linter("ruff", "check", "--no-cache", "--output-format=concise", ROOT)


def _pylint():
    modules = [ROOT / module for module in suite_modules()]
    return _linter("pylint", "--rcfile=pyproject.toml", "--score=n", "--disable=all", "--enable=odoolint",
                   f"--disable={','.join(PYLINT_OFF)}", *modules)


def _linter(name, *arguments):
    done = _python_module(name, *arguments)
    return results.check(done.returncode == 0, f"{name}:\n{done.stdout}")


def _python_module(name, *arguments, **variables):
    return subprocess.run(
        [str(PYTHON), "-P", "-m", name, *map(str, arguments)], cwd=ROOT,
        env={**environment.odoo_environment(), **variables},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def _odoo_lint():
    """Also reports on Odoo's own modules, which is not our business: only what names one of ours counts."""
    tags = ",".join(f"/test_lint:{name}" for name in ODOO_LINT)
    with databases.temporary(templates.suite(), "lint") as database:
        log = _odoo_tests(database, tags, "-i", "test_lint")[0]
    text = log.read_text(errors="replace")
    ran = results.SUMMARY.search(text)
    ours = [part for part in results.errors(text) if any(module in part for module in _all_modules())]
    if ran and int(ran[3]) >= len(ODOO_LINT) and not ours:
        return Result(passed=1)
    return Result(failed=1, words="\n".join(("Odoo's test_lint:", *ours, f"The whole log: {log}")))


# -- unit

def unit(options):
    packages = npm.packages_beside(STATE / "npm-packages", MINIPROGRAM / "package.json")
    return _pytest("unit", ROOT / "tests" / "unit", **({"NODE_PATH": packages} if packages else {}))


def _pytest(name, folder, **variables):
    report = LOGS / f"{name}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    return results.of_pytest(
        report, _python_module("pytest", "-q", f"--junitxml={report}", folder, **variables).stdout)


# -- Odoo's runner

def addons(options):
    """Updated, so that at_install tests run too, and data files are loaded once more."""
    modules = _all_modules()
    others = tuple(module for module in modules if module not in sum(PARTS, ()))
    parts = [options.tags] if options.tags else [",".join(f"/{module}" for module in part) for part in (*PARTS, others)]
    with contextlib.ExitStack() as stack:
        runs = [
            _prepare_odoo_tests(
                stack.enter_context(databases.temporary(_template(options), f"addons{number}")),
                f"{tags},-{E2E_TAG}", "-u", ",".join(modules))
            for number, tags in enumerate(parts, start=1)
        ]
        with ThreadPoolExecutor() as threads:
            return sum((results.of_odoo(*ended) for ended in threads.map(_run_odoo_tests, runs)), Result())


def e2e(options):
    with databases.temporary(_template(options), "e2e") as database:
        # On changed files a quick run needs the update that a fresh template has behind it
        update = ("-u", ",".join(_all_modules())) if options.quick else ()
        result = results.of_odoo(*_odoo_tests(database, f"{options.tags or E2E_TAG},-at_install", *update))
        return result if options.tags else result + _stories(database)


def _stories(template):
    packages = venv.packages_beside(STATE / "e2e-packages", E2E / "requirements.txt")
    return _pytest("e2e", E2E, E2E_TEMPLATE=template, PYTHONPATH=packages)


def upstream(options):
    lines = KNOWN_FAILURES.read_text().splitlines()
    known = [f"-{line.split()[0]}" for line in lines if line.startswith("/")]
    tags = options.tags or ",".join([f"/{module}" for module in UPSTREAM_SUITES] + known)
    with databases.temporary(_template(options), "upstream") as database:
        # at_install tests break on a database with more modules than are loaded yet; tours take half an hour
        return results.of_odoo(*_odoo_tests(database, f"{tags},-at_install,-is_tour"))


def _template(options):
    return templates.last_suite() if options.quick else templates.suite()


def _all_modules():
    return suite_modules() + test_modules()


def _odoo_tests(database, tags, *arguments):
    """The log and the exit code."""
    return _run_odoo_tests(_prepare_odoo_tests(database, tags, *arguments))


def _prepare_odoo_tests(database, tags, *arguments):
    """The log and the command."""
    log = LOGS / f"{database.split('_', 2)[2]}-{os.getpid()}.log"
    say(f"testing {tags}")
    return log, environment.odoo(
        "-d", database, "--test-tags", tags, *environment.ports(), "--max-cron-threads=0", "--stop-after-init", *arguments)


def _run_odoo_tests(run):
    log, command = run
    return log, environment.run_logged(command, log)


GROUPS = {"lint": lint, "unit": unit, "addons": addons, "e2e": e2e, "upstream": upstream}


def run_group(name, options):
    """A group that cannot even start counts as one failure; the others still run."""
    try:
        return results.with_minimum(name, GROUPS[name](options))
    except Failure as failure:
        return Result(failed=1, words=str(failure))
