"""Odoo without a server: an environment on a database, for the scripts in this folder."""
import contextlib
import logging

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


def configure(log_level="warn"):
    """Reads the file that ODOO_RC names."""
    config.parse_config([f"--log-level={log_level}"], setup_logging=True)
    logging.getLogger("odoo.modules.loading").setLevel(logging.WARNING)


@contextlib.contextmanager
def environment_on(database):
    with Registry(database).cursor() as cursor:
        yield api.Environment(cursor, SUPERUSER_ID, {})
