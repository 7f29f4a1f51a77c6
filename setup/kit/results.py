"""What the test groups bring home, and how it is read out of their logs."""
import re
from typing import NamedTuple
from xml.etree import ElementTree

# A group that runs fewer has lost tests on the way: a module that is not installed, a folder that moved.
MINIMUM = {"lint": 3, "unit": 560, "addons": 1430, "e2e": 14, "upstream": 300}

SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
SKIPPED = re.compile(r"INFO \S+ odoo\.addons\.\S+: skipped (.+?) : (.+)$", re.MULTILINE)
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (\w+) ")
SHOWN_LINES = 300


class Result(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    words: str = ""         # what is shown of failures

    def __add__(self, other):
        return Result(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped,
                      "\n".join(filter(None, (self.words, other.words))))

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def check(good, words):
    """A linter: one check that holds or not."""
    return Result(passed=1) if good else Result(failed=1, words=words)


def with_minimum(group, result):
    ran = result.passed + result.failed
    if ran >= MINIMUM[group] or result.failed:
        return result
    words = f"{group}: only {ran} tests ran, at least {MINIMUM[group]} are expected"
    return result + Result(failed=1, words=words)


def of_odoo(log, exit_code):
    """Odoo's own count decides, and its exit code; errors are also logged by tests that expect them."""
    text = log.read_text(errors="replace")
    counts = SUMMARY.findall(text)
    failures, errors, ran = map(int, counts[-1]) if counts else (0, 0, 0)
    failed = failures + errors
    words = _failures(text) if failed else ""
    # Odoo skips browser tests in silence when Chromium or websocket-client is missing: that is not a pass.
    skips = SKIPPED.findall(text)
    no_browser = [test for test, reason in skips if re.search("chrome|websocket", reason, re.IGNORECASE)]
    if no_browser:
        words += f"\n{len(no_browser)} browser tests were skipped: Chromium does not start here\n"
    passed = max(0, ran - failed - len(skips))
    failed += len(no_browser)
    if exit_code and not failed or not counts:
        failed += 1
        words = words or f"Odoo ended with {exit_code}:\n{_failures(text) or text[-3000:]}"
    words = f"{words}\nThe whole log: {log}" if failed else ""
    return Result(passed, failed, len(skips) - len(no_browser), words)


def errors(text):
    """The log's errors, each with its traceback."""
    parts, showing = [], False
    for line in text.splitlines():
        if start := LOG_LINE.match(line):
            showing = start[1] in ("ERROR", "CRITICAL")
            parts += [""] if showing else []
        if showing:
            parts[-1] += f"{line}\n"
    return parts


def _failures(text):
    return "\n".join("".join(errors(text)).splitlines()[:SHOWN_LINES])


def of_pytest(report, output):
    if not report.exists():
        return Result(failed=1, words=output)
    suite = next(ElementTree.parse(report).getroot().iter("testsuite"))
    ran, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    return Result(ran - failed - skipped, failed, skipped, output if failed else "")
