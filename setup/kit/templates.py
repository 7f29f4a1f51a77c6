"""Template databases: all that is the same for many runs is installed once, and copied in 0.1 s.

A template's name ends in a key of everything that it was made from; another key makes another template
and drops the old one.
"""
import hashlib
import json

from . import databases, locks, odoo_tree
from .console import say
from .paths import REQUIREMENTS, files_hash, suite_modules, test_modules

UPSTREAM = ("website_sale", "sale_stock", "sale_management", "payment_demo", "payment_custom", "l10n_cn")


def upstream(modules=UPSTREAM):
    """These modules, in English and without demo data, as Odoo's own tests expect."""
    kind = "tpl_odoo" if modules == UPSTREAM else f"tpl_odoo_{_key(modules)}"
    return _template(kind, _upstream_key(modules), lambda name: databases.install(name, modules))


def suite():
    """Those, the suite, the test addons, and the bundles of scripts and styles."""
    modules = suite_modules() + test_modules()

    def build(name):
        databases.clone(upstream(), name)
        databases.install(name, modules)
        databases.generate_bundles(name)

    return _template("tpl_suite", _key(_upstream_key(UPSTREAM), modules, files_hash(modules)), build)


def last_suite():
    """The suite's template as it is, also if files have changed since."""
    return next(iter(databases.names("tpl\\_suite\\_%")), None) or suite()


def _upstream_key(modules):
    server = databases.query("SELECT current_setting('server_version_num')::int / 10000")[0][0]
    ours = suite_modules() if set(modules) & set(suite_modules()) else ()
    return _key(odoo_tree.find().version, modules, server, REQUIREMENTS.read_text(), files_hash(ours))


def _key(*parts):
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]


def _template(kind, key, build):
    name = f"{kind}_{key}"
    if databases.remarks(name):
        return name
    with locks.exclusive(kind):
        if not databases.remarks(name):
            for old in databases.names(f"{kind}\\_{'_' * 8}"):
                databases.drop(old)
            say(f"building the template database {name} (once)")
            databases.drop(name)
            build(name)
            databases.remark(name, complete=True)
    return name
