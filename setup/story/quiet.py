"""Nothing leaves the demo: no e-mail, no text message, no call to services abroad."""
import contextlib
from unittest import mock

CRONS = (
    "mail.ir_cron_module_update_notification",
    "digest.ir_cron_digest_scheduler_action",
    "snailmail.snailmail_print",
    "sms.ir_cron_sms_scheduler_action",
)
# Nobody follows, nobody is notified, no SMS is offered: the day would otherwise be full of mails.
CONTEXT = {
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "no_reset_password": True,
    "skip_sms": True,
}


def stay_quiet(env):
    """Settings that outlive the story. At the address of the mail server nobody listens."""
    for xmlid in CRONS:
        cron = env.ref(xmlid, raise_if_not_found=False)
        if cron:
            cron.active = False
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create({
        "name": "No e-mail leaves the demo",
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_encryption": "none",
    })


@contextlib.contextmanager
def no_mails(env):
    """What was said in the past is not sent today; an order's confirmation would print a PDF besides."""
    servers, orders = env.registry["ir.mail_server"], env.registry["sale.order"]
    with (
        mock.patch.object(servers, "_disable_send", lambda *_args: True),
        mock.patch.object(orders, "_send_order_notification_mail", lambda *_args, **_options: None),
    ):
        yield
    env["mail.mail"].search([("state", "=", "outgoing")]).unlink()
