"""Databases with their filestores: make, copy, drop. What a database is, is kept in its comment (JSON)."""
import contextlib
import json
import os
import shutil
import tempfile

from . import environment
from .console import Failure, log_tail
from .paths import DATA, LOGS


def query(statement, *values, database="postgres"):
    import psycopg2  # not before the environment is there

    with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def names(like="%"):
    return [name for (name,) in query(
        "SELECT datname FROM pg_database WHERE datname LIKE %s AND NOT datistemplate ORDER BY 1", like)]


def exists(name):
    return name in names()


def remarks(name):
    """What `remark` has written; empty for a database that was never finished."""
    rows = query("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
    return json.loads(rows[0][0]) if rows and rows[0][0] else {}


def remark(name, **facts):
    query(f'COMMENT ON DATABASE "{name}" IS %s', json.dumps(facts))


def drop(name):
    query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)


def clone(template, name):
    drop(name)
    query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    files = DATA / "filestore" / template
    if files.exists():
        # Odoo never changes a file of its store, so that the copy may be made of links
        shutil.copytree(files, DATA / "filestore" / name, copy_function=os.link, symlinks=True)


def install(name, modules, *options):
    """Install the modules, and update those that are there.

    Odoo only warns of a module that it cannot find, and ends well: look whether all are there.
    """
    log = LOGS / f"{name}-install.log"
    there = installed_modules(name)
    update = [f"--update={','.join(there & set(modules))}"] if there & set(modules) else []
    ended = environment.run_logged(
        environment.odoo("-d", name, f"--init={','.join(modules)}", *update, "--max-cron-threads=0",
                         "--no-http", "--stop-after-init", *options), log)
    missing = set(modules) - installed_modules(name)
    if ended or missing:
        words = f"not installed: {', '.join(sorted(missing))}\n" if missing else ""
        raise Failure(f"{words}{log_tail(log)}")


def installed_modules(name):
    """Empty for a database that is not there or not Odoo's."""
    if not exists(name) or not query("SELECT to_regclass('ir_module_module')", database=name)[0][0]:
        return set()
    return {module for (module,) in query(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", database=name)}


def generate_bundles(name):
    """Scripts and styles, made once instead of at the first page: 10 s."""
    shell(name, "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()", LOGS / f"{name}-bundles.log")


def shell(name, code, log):
    with tempfile.TemporaryFile("w+") as stdin:
        stdin.write(code)
        stdin.seek(0)
        if environment.run_logged(environment.odoo("shell", "-d", name, "--no-http"), log, stdin=stdin):
            raise Failure(log_tail(log))


def drop_leftovers():
    """Copies of commands that were killed before they could tidy up."""
    for name in names("run\\_%"):
        if not os.path.exists(f"/proc/{name.split('_')[1]}"):
            drop(name)


@contextlib.contextmanager
def temporary(template, purpose):
    name = f"run_{os.getpid()}_{purpose}"
    clone(template, name)
    try:
        yield name
    finally:
        drop(name)
