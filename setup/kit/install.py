"""Everything that must be there before a command can do its work; nothing is done twice."""
import os
import shutil
import sys
from pathlib import Path

from . import debian, locks, machine, odoo_tree, venv
from .console import STARTED, Failure, say
from .paths import PYTHON, ROOT, STATE, VENV


def ensure(browser=None):
    """`browser` says what would not work without one; None: nothing."""
    STATE.mkdir(exist_ok=True)
    with locks.exclusive("install"):
        machine.ensure_certificates()
        version = venv.complete_for()
        python = PYTHON if version else machine.find_python() or _private_python()
        if not version:
            machine.free_space_check(ROOT)
            _ensure_venv_module(python)
        tree = odoo_tree.ensure(python, version or machine.python_version(python))
        if not version:
            venv.build(python, machine.python_version(python))
        venv.point_to(tree)
        debian.forget()
        if browser:
            machine.ensure_browser(browser)


def continue_in_venv():
    """Start this command again with the environment's Python."""
    os.environ["SETUP_STARTED"] = str(STARTED)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])


def in_venv():
    return Path(sys.prefix) == VENV


def _ensure_venv_module(python):
    if not machine.runs(python, "import ensurepip") and machine.may_install():
        machine.apt_install("python3-venv")


def _private_python():
    """Debian 13's Python 3.13, unpacked: for machines whose own is too new for Odoo 19."""
    target = STATE / "python"
    python = target / "usr/bin/python3.13"
    if not python.exists():
        if not shutil.which("apt-get"):
            raise Failure("Odoo 19 needs Python 3.11, 3.12 or 3.13")
        say("this machine's Python is too new for Odoo 19: unpacking Python 3.13")
        new = target.with_suffix(".new")
        for deb in debian.download("python3.13-minimal", "libpython3.13-minimal", "libpython3.13-stdlib"):
            debian.unpack(deb, new)
        new.rename(target)
    return python
