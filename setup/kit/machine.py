"""The few things that come from the machine itself: a Python, certificates, a browser."""
import os
import shutil
import subprocess
from pathlib import Path

from .console import Failure, run, say

# Odoo 19.0 fails on 3.14: it iterates WeakSets in a way that breaks there, and safe_eval refuses the opcodes.
PYTHONS = ("python3", "python3.13", "python3.12", "python3.11", "/usr/bin/python3")
USABLE = "import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find_python():
    """The first Python that Odoo runs on. Each is tried: a version manager's shims may not run."""
    return next((found for name in PYTHONS if (found := shutil.which(name)) and runs(found, USABLE)), None)


def runs(python, code):
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def python_version(python):
    return run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()


def find_browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def ensure_certificates():
    if not Path("/etc/ssl/certs/ca-certificates.crt").exists() and may_install():
        apt_install("ca-certificates")


def ensure_browser(needed_for):
    """Chromium prints the PDFs and runs the browser tests; the rest works without."""
    if find_browser():
        return
    if may_install():
        apt_install("chromium")
    else:
        say(f"no Chromium here, so this will not work: {needed_for}. As root, once: "
            "apt-get install --no-install-recommends chromium")


def may_install():
    return os.geteuid() == 0 and shutil.which("apt-get")


def apt_install(*packages):
    say(f"installing {' '.join(packages)} with apt")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=environment)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=environment)


def free_space_check(folder, needed_gb=3):
    free = shutil.disk_usage(folder).free / 2**30
    if free < needed_gb:
        raise Failure(f"{folder} has {free:.1f} GB free, {needed_gb} GB are needed")
