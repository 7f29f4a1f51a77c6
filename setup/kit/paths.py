"""Where things lie."""
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".odoo"
SETUP = ROOT / "setup"
LOGS = STATE / "logs"
DATA = STATE / "data"
CONF = STATE / "odoo.conf"
KEY = STATE / "distribution.key"
VENV = STATE / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.txt"
TEST_ADDONS = ROOT / "tests" / "addons"
# Addons for an addon that pip brings.
NEEDED_ADDONS = {"distribution_queue_job": "queue_job"}


def suite_modules():
    """The suite is every addon at the top of the repository; SUITE_MODULES names others, for a trial."""
    if named := os.environ.get("SUITE_MODULES"):
        return named.split(",")
    return [addon for addon in _addons_in(ROOT) if addon not in NEEDED_ADDONS or _is_there(NEEDED_ADDONS[addon])]


def _is_there(addon):
    return any(VENV.glob(f"lib/python3*/site-packages/odoo/addons/{addon}/__manifest__.py"))


def test_modules():
    return _addons_in(TEST_ADDONS)


def _addons_in(folder):
    return sorted(manifest.parent.name for manifest in folder.glob("*/__manifest__.py"))


def addon_folder(module):
    return next((folder / module for folder in (ROOT, TEST_ADDONS) if (folder / module).is_dir()), None)


def files_hash(modules):
    """One key for all that makes up these addons in a database: their own tests do not."""
    digest = hashlib.sha256()
    for module in modules:
        folder = addon_folder(module)
        for path in sorted(folder.rglob("*")) if folder else ():
            inside = path.relative_to(folder).parts
            if path.is_file() and not {"__pycache__", "tests"} & set(inside[:-1]):
                digest.update(f"{module}/{'/'.join(inside)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
