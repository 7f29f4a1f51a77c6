"""How Odoo is started: its configuration file, its environment, its command line."""
import base64
import contextlib
import os
import shutil
import socket
import subprocess

from . import odoo_tree
from .paths import CONF, DATA, KEY, PYTHON, ROOT, SETUP, TEST_ADDONS, VENV


def write_conf():
    folders = [*odoo_tree.find().addons, ROOT]
    # Odoo warns of a folder without an addon
    folders += [TEST_ADDONS] if any(TEST_ADDONS.glob("*/__manifest__.py")) else []
    text = f"""[options]
addons_path = {','.join(map(str, folders))}
data_dir = {DATA}
db_host = {os.environ['PGHOST']}
db_port = {os.environ['PGPORT']}
db_user = {os.environ['PGUSER']}
http_interface = 127.0.0.1
list_db = False
unaccent = True
"""
    if not CONF.exists() or CONF.read_text() != text:
        new = CONF.with_suffix(f".{os.getpid()}")
        new.write_text(text)
        new.rename(CONF)


def encryption_key():
    """The key that personal numbers are encrypted with here: made once, outside of any database.

    Handed to Odoo in its environment, not in odoo.conf: Odoo warns of each option that is not its own.
    """
    if not KEY.exists():
        new = KEY.with_suffix(f".{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text("k1:" + base64.b64encode(os.urandom(32)).decode())
        with contextlib.suppress(FileExistsError):      # another process was first: its key counts
            os.link(new, KEY)
        new.unlink()
    return KEY.read_text()


def odoo_environment():
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("PYTHONDONTWRITEBYTECODE", "PGDATABASE")}
    prefix = odoo_tree.PREFIX / "usr"
    environment["ODOO_RC"] = str(CONF)
    environment.setdefault("DISTRIBUTION_KEY", encryption_key())
    # A crowd waits for its turn: without, Odoo opens a thread for each request, and those more than there are connections fail
    environment.setdefault("ODOO_MAX_HTTP_THREADS", "auto")
    environment["PATH"] = _search_path()
    if (prefix / "share/fonts").exists():
        environment["XDG_DATA_HOME"] = str(prefix / "share")    # where fonts are looked for
    libraries = [str(folder) for folder in prefix.glob("lib/*-linux-gnu")]
    if libraries:
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
    return environment


def _search_path():
    """The machine's own wkhtmltopdf comes first if it is the patched build; any other gives way to ours."""
    places = [str(VENV / "bin"), os.environ["PATH"]]
    own = shutil.which("wkhtmltopdf")
    patched = own and "patched qt" in subprocess.run(
        [own, "--version"], capture_output=True, text=True, check=False).stdout
    places.insert(2 if patched else 0, str(SETUP / "bin"))
    return os.pathsep.join(places)


def odoo(*arguments):
    """Odoo's command line. -P: a folder named odoo where the user stands is not Odoo."""
    return [str(PYTHON), "-P", "-m", "odoo", *map(str, arguments)]


def script(name, *arguments):
    """A script of kit/inside, which imports Odoo."""
    return [str(PYTHON), "-P", str(SETUP / "kit" / "inside" / name), *map(str, arguments)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ports(http=None):
    """Options for ports of its own, so that several Odoos can run side by side."""
    return [f"--http-port={http or free_port()}", f"--gevent-port={free_port()}"]


def port_is_taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(command, **options):
    """Run one of the above in front of the user; the exit code."""
    return subprocess.run(command, env=odoo_environment(), check=False, **options).returncode


def run_logged(command, log, **options):
    """Run one of the above with all that it says in the file `log`; the exit code."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        return run(command, stdout=file, stderr=subprocess.STDOUT, **{"stdin": subprocess.DEVNULL, **options})
