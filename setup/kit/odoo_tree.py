"""Odoo 19 itself: the user's own (ODOO_HOME), or Debian's package (or the file ODOO_DEB) in .odoo/prefix."""
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from . import debian
from .console import Failure, say
from .paths import STATE

PREFIX = STATE / "prefix"
STAMP = PREFIX / "complete.json"
PACKAGES = Path("usr/lib/python3/dist-packages")
# What Odoo's package links to, and a Chinese font for PDFs and screenshots.
COMPANIONS = (
    "fonts-font-awesome", "fonts-roboto-unhinted", "fonts-montserrat", "fonts-inconsolata", "fonts-ocr-b",
    "libjs-jquery", "libjs-jquery-form", "libjs-underscore", "fonts-wqy-microhei")
# reportlab's bitmap backend (QR and bar codes) has wheels for Python 3.11 and 3.12; Debian built it for 3.13.
BARCODES_ON_3_13 = ("python3-rl-renderpm", "libfreetype6", "libpng16-16t64", "libbrotli1")
# 1.2 GB become 0.35 without the translations other than Chinese and Debian's second, code-only copy of Odoo.
LEAVE_OUT = (
    "*/i18n/[a-y]*.po", "*/i18n/z[!h]*.po", "*/i18n_extra/[a-y]*.po", "*/i18n_extra/z[!h]*.po",
    *(f"./{PACKAGES}/{folder}" for folder in ("addons", "doc", "setup", "odoo-*.egg-info")),
    "./usr/lib/systemd")
# Not free enough for Debian, yet named in mail's manifest: without a file the backend's bundle logs an error,
# and every browser test of the backend fails.
STRIPPED = PACKAGES / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


class Tree(NamedTuple):
    packages: Path          # the folder to import `odoo` from
    addons: list            # for addons_path
    version: str            # part of the keys of all databases made with it


def find():
    if home := os.environ.get("ODOO_HOME"):
        return _own(Path(home).expanduser().resolve())
    if STAMP.exists():
        packages = PREFIX / PACKAGES
        return Tree(packages, [packages / "odoo/addons"], json.loads(STAMP.read_text())["version"])
    return None


def _own(home):
    places = (home, home / PACKAGES, *home.glob("lib/python3*/site-packages"))
    packages = next((place for place in places if (place / "odoo/release.py").exists()), None)
    if not packages:
        raise Failure(f"ODOO_HOME={home} holds no odoo/release.py: "
                      "name an Odoo 19 checkout or the folder that it is installed in")
    release = (packages / "odoo/release.py").read_text()
    if not re.search(r"^version_info = \(19, 0\b", release, re.MULTILINE):
        raise Failure(f"ODOO_HOME={home} is not Odoo 19.0")
    addons = [folder for folder in (home / "addons", packages / "odoo/addons") if folder.is_dir()]
    return Tree(packages, addons, f"{home}@{_commit(home)}")


def _commit(home):
    return subprocess.run(
        ["git", "-C", home, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False,
    ).stdout.strip() if shutil.which("git") else ""


def ensure(python, python_version):
    if not os.environ.get("ODOO_HOME") and not _is_complete(python_version):
        _build(python, python_version)
    return find()


def _is_complete(python_version):
    if not STAMP.exists():
        return False
    stamp = json.loads(STAMP.read_text())
    own = os.environ.get("ODOO_DEB")
    return stamp["python"] == python_version and (not own or stamp["deb"] == Path(own).name)


def _build(python, python_version):
    deb = _odoo_package()
    barcodes = BARCODES_ON_3_13 if python_version == "3.13" else ()
    companions = debian.download(*COMPANIONS, *barcodes)
    say(f"unpacking {deb.name}")
    new = PREFIX.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    debian.unpack(deb, new, LEAVE_OUT)
    for companion in companions:
        debian.unpack(companion, new)
    stripped = new / STRIPPED
    if not stripped.exists():
        stripped.parent.mkdir(parents=True, exist_ok=True)
        stripped.write_text("/* not shipped by Debian: no background blur in calls */\n")
    # Without byte code every start of Odoo takes a second more; errors come from files that are templates.
    compiling = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([python, "-m", "compileall", "-q", "-j", "0", new / PACKAGES / "odoo"], check=False,
                   env=compiling, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (new / STAMP.name).write_text(json.dumps(
        {"deb": deb.name, "version": deb.name.split("_")[1], "python": python_version}))
    shutil.rmtree(PREFIX, ignore_errors=True)
    new.rename(PREFIX)


def _odoo_package():
    if own := os.environ.get("ODOO_DEB"):
        return _checked(Path(own).expanduser().resolve())
    if not debian.available("odoo-19"):
        raise Failure(
            "Debian has no package odoo-19 any more. Give one of these:\n"
            "  ODOO_HOME=/path     a checkout of Odoo 19.0, or the folder it is installed in\n"
            "  ODOO_DEB=/path      a package file odoo-19_…_all.deb, with ODOO_DEB_SHA256=its checksum")
    say("downloading odoo-19")
    return debian.download("odoo-19")[0]


def _checked(deb):
    """Nothing signs a file that the user names: it must at least be the one whose checksum they know."""
    if not deb.is_file():
        raise Failure(f"ODOO_DEB={deb} is not there")
    found = hashlib.sha256(deb.read_bytes()).hexdigest()
    if os.environ.get("ODOO_DEB_SHA256", "").lower() != found:
        raise Failure(f"{deb} has the SHA-256\n  {found}\nSet ODOO_DEB_SHA256 to it if you trust that file")
    return deb
