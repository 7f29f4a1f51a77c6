"""Entry of the commands in this folder: `python3 setup COMMAND ARGS`, called by lib/start.sh.

The first part runs on any Python that the machine has, with nothing but the standard library; once the
virtual environment is there the command starts again inside it.
"""
import signal
import sys
from importlib import import_module
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[0] = str(Path(__file__).resolve().parent)

from kit import install
from kit.console import Failure, fail


def main(name, arguments):
    command = import_module(f"kit.command_{name.replace('-', '_')}")
    options = command.parse(arguments)
    if getattr(options, "installs", True) and not install.in_venv():
        install.ensure(browser=getattr(options, "browser", None))
        install.continue_in_venv()
    return command.main(options)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that PostgreSQL stops and temporary databases go
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Failure as failure:
        fail(failure)
    except KeyboardInterrupt:
        sys.exit(130)
