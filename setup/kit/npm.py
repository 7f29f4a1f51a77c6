"""Packages of node that tests need, where the machine has npm."""
import shutil

from .console import Failure, run, say
from .paths import ROOT


def packages_beside(folder, manifest):
    """Packages of a package.json, beside everything else. Goes onto NODE_PATH; empty where npm is not there or fails."""
    wanted, stamp, packages = manifest.read_text(), folder / "complete", folder / "node_modules"
    if not shutil.which("npm"):
        return ""
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"installing the packages of {manifest.relative_to(ROOT)}")
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, folder)
        try:
            run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder)
        except Failure as failure:
            say(f"npm could not: what needs it is skipped\n{failure}")
            return ""
        stamp.write_text(wanted)
    return str(packages)
