"""The database of the demo: made once, updated when the suite's files have changed."""
import hashlib
import os

from . import databases, environment, odoo_tree
from .console import Failure, say
from .paths import LOGS, ROOT, SETUP, STATE, files_hash, suite_modules
from .templates import UPSTREAM

NAME = "distribution_demo"
STORY = SETUP / "demo_story.py"
STORY_PARTS = SETUP / "story"
LOGINS = STATE / "demo_logins.txt"
# English first: the first language becomes the default of all that is made afterwards.
LANGUAGES = "en_US,zh_CN"
# Nothing listens there: calls to Odoo's own services end at once, instead of in a timeout or abroad.
NOWHERE = "http://127.0.0.1:9"
SERVICES = ("iap.endpoint", "iap.partner_autocomplete.endpoint", "enrich.endpoint",
            "website.website_api_endpoint", "website.olg_api_endpoint")


def ensure():
    made = databases.remarks(NAME)
    if not made:
        _make()
        return
    if made["odoo"] != odoo_tree.find().version:
        raise Failure("the demo was made with another Odoo: setup/demo --reset makes it anew")
    if made["suite"] != files_hash(suite_modules()):
        _update(made)
    if made["story"] != _story_hash():
        say("the demo story has changed since the demo was made: setup/demo --reset tells it anew")


def drop():
    databases.drop(NAME)
    LOGINS.unlink(missing_ok=True)


def _make():
    """A database without our remark is one that was never finished: it is made anew."""
    drop()
    modules = suite_modules()
    say(f"installing {', '.join((*UPSTREAM, *modules))}: a minute or two")
    databases.install(NAME, (*UPSTREAM, *modules), f"--load-language={LANGUAGES}")
    _stay_at_home()
    _tell_story()
    say("generating scripts and styles")
    databases.generate_bundles(NAME)
    _remark(_story_hash())


def _update(made):
    say("the suite's files have changed: updating the demo")
    try:
        databases.install(NAME, suite_modules())
    except Failure as failure:
        raise Failure(f"{failure}\nThe update failed; setup/demo --reset makes the demo anew") from None
    _remark(made["story"])


def _remark(story):
    databases.remark(NAME, odoo=odoo_tree.find().version, suite=files_hash(suite_modules()), story=story)


def _story_hash():
    parts = [STORY, *sorted(STORY_PARTS.rglob("*.py"))] if STORY.exists() else []
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _tell_story():
    if not STORY.exists():
        return
    say("telling the demo story")
    log = LOGS / "demo-story.log"
    os.environ["DISTRIBUTION_LOGINS_FILE"] = str(LOGINS)     # the story writes it, each start shows it
    with STORY.open() as story:
        failed = environment.run(
            environment.odoo("shell", "-d", NAME, "--no-http", f"--logfile={log}"), stdin=story, cwd=ROOT)
    if failed:
        raise Failure(f"setup/demo_story.py failed (Odoo's log: {log}); the next run begins anew")


def set_address(address):
    _set_parameters({"web.base.url": address, "web.base.url.freeze": "True"})


def _stay_at_home():
    _set_parameters(dict.fromkeys(SERVICES, NOWHERE))
    databases.query("""
        UPDATE ir_cron SET active = FALSE WHERE id IN (
            SELECT res_id FROM ir_model_data
            WHERE module = 'mail' AND name = 'ir_cron_module_update_notification')
        """, database=NAME)


def _set_parameters(parameters):
    for key, value in parameters.items():
        databases.query("""
            INSERT INTO ir_config_parameter (key, value, create_uid, write_uid, create_date, write_date)
            VALUES (%s, %s, 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
            ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
            """, key, value, database=NAME)
