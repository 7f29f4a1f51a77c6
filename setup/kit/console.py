"""What the user sees, and how a command fails."""
import os
import subprocess
import sys
import time

# Set by lib/start.sh, so that the seconds go on counting when the command starts again in the venv.
STARTED = float(os.environ.get("SETUP_STARTED") or time.time())


class Failure(Exception):
    """An end that the user can do something about: its text says what."""


def say(message):
    print(f"[{time.time() - STARTED:3.0f}s] {message}", file=sys.stderr, flush=True)


def fail(failure):
    print(f"error: {failure}", file=sys.stderr, flush=True)
    sys.exit(1)


def run(command, **options):
    """Run quietly; when it fails, say what was run and what it printed last."""
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **options)
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise Failure(f"{words}\nended with {done.returncode}:\n{tail(done.stdout)}")
    return done.stdout


def tail(text, lines=25):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def log_tail(log):
    return f"{tail(log.read_text(errors='replace'))}\nThe whole log: {log}"
