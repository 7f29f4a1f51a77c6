"""Packages of Debian's archive, unpacked into a folder of ours.

apt runs with a state of its own, so it needs no root and changes nothing of the system; proxies, certificates
and the like from /etc/apt/apt.conf.d stay in force, and so does the check of the archive's signature.
"""
import re
import shutil
import subprocess
from pathlib import Path

from .console import Failure, run, say
from .paths import STATE

# odoo-19 is in sid only. Fonts come from trixie: sid's Font Awesome is 7.x, whose files Odoo does not know.
SUITES = ("sid", "trixie")
KEYRINGS = [f"/usr/share/keyrings/debian-archive-keyring.{ending}" for ending in ("gpg", "pgp")]
FOLDER = STATE / "apt"
DOWNLOADS = FOLDER / "debs"
_updated = False


def mirror():
    """The address that this machine takes Debian from (--print-uris works without root and without lists)."""
    printed = subprocess.run(
        ["apt-get", "update", "--print-uris"], capture_output=True, text=True, check=False).stdout
    suites = "bookworm|trixie|forky|duke|sid|unstable|testing|stable|oldstable"
    if found := re.search(rf"^'(.*)/dists/(?:{suites})/InRelease'", printed, re.MULTILINE):
        return found[1]
    raise Failure("apt has no Debian source on this machine. Set ODOO_DEB=/path/of/odoo-19_…_all.deb "
                  "or ODOO_HOME=/path/of/an/Odoo/19/checkout")


def _options():
    return [part for key, value in {
        "Dir::State": FOLDER, "Dir::State::lists": FOLDER / "lists", "Dir::State::status": FOLDER / "status",
        "Dir::Cache": FOLDER / "cache", "Dir::Log": FOLDER,
        "Dir::Etc::sourcelist": FOLDER / "sources.list", "Dir::Etc::sourceparts": FOLDER / "none",
        "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": FOLDER / "none",
        "APT::Default-Release": SUITES[-1], "APT::Get::AllowUnauthenticated": "false",
        "APT::Sandbox::User": "root", "Acquire::AllowInsecureRepositories": "false",
        "Acquire::Languages": "none", "Acquire::Retries": "3",
    }.items() for part in ("-o", f"{key}={value}")]


def _update():
    global _updated
    if _updated:
        return
    keyring = next((path for path in KEYRINGS if Path(path).exists()), None)
    if not keyring:
        raise Failure("the package debian-archive-keyring is not installed: signatures cannot be checked")
    for folder in ("lists/partial", "cache/archives/partial", "none", "debs"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    (FOLDER / "status").write_text("")
    source = mirror()
    (FOLDER / "sources.list").write_text(
        "".join(f"deb [signed-by={keyring}] {source} {suite} main\n" for suite in SUITES))
    say(f"reading Debian's package lists ({', '.join(SUITES)})")
    run(["apt-get", "-qq", *_options(), "update"])
    _updated = True


def available(package):
    _update()
    return "Package:" in subprocess.run(
        ["apt-cache", *_options(), "show", package], capture_output=True, text=True, check=False).stdout


def download(*packages):
    """The packages' files. Those of an interrupted run that are whole are not fetched again."""
    _update()
    run(["apt-get", "-qq", *_options(), "download", *packages], cwd=DOWNLOADS)
    return [_newest(DOWNLOADS.glob(f"{package}_*.deb")) for package in packages]


def _newest(files):
    return max(files, key=lambda file: file.stat().st_mtime)


def unpack(deb, target, leave_out=()):
    target.mkdir(parents=True, exist_ok=True)
    excludes = [f"--exclude={pattern}" for pattern in ("./usr/share/doc", "./etc", *leave_out)]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as archive:
        done = subprocess.run(
            ["tar", "-x", "--no-same-owner", "-C", target, *excludes], stdin=archive.stdout, check=False)
    if archive.returncode or done.returncode:
        Path(deb).unlink()
        raise Failure(f"{deb} could not be unpacked and was removed: run the command again")


def forget():
    """Lists and downloads are of no use once all is unpacked: 160 MB."""
    shutil.rmtree(FOLDER, ignore_errors=True)
