"""A merchant's company with a shop, a plan and staff, beside the server that serves it. All is committed."""
import contextlib
import re
from datetime import timedelta
from html import unescape

from session import environment_on

from odoo import Command, fields
from odoo.modules.registry import Registry

PRICE, RATE, MINIMUM = 500.0, 20.0, 10.0
HOLD_DAYS = 8       # the return window that the law gives, and the day of the delivery
# Above it a second person has to approve, of a withdrawal as of a statement.
ONE_PERSON = 60.0
STAFF = {
    "olga": "distribution_core.group_distribution_user",
    "fay": "distribution_commission.group_distribution_finance",
    "finn": "distribution_commission.group_distribution_finance",
}
# The numbers of passports: any that is long enough.
_PASSPORT = "E{:08}"


class Merchant:
    """What happens in the company without any of the suite's screens: Odoo's own work, the time, the mail."""

    def __init__(self, database):
        self.database, self.company_id = database, None

    @contextlib.contextmanager
    def transaction(self):
        """An environment of the company, committed at the end. This process and the server learn of each other."""
        registry = Registry(self.database).check_signaling()
        with environment_on(self.database) as env:
            if self.company_id:
                env = env(context={**env.context, "allowed_company_ids": [self.company_id]})
            yield env
            env.cr.commit()
            registry.signal_changes()

    # -- building

    def found(self, address):
        """Make the company ready; `address` is where it is served."""
        with self.transaction() as env:
            website = env["website"].search([], limit=1, order="id")
            company = website.company_id
            website.auth_signup_uninvited = "b2c"
            self.company_id = company.id
            env = env(context={**env.context, "allowed_company_ids": company.ids})
            for key, value in (("web.base.url", address), ("web.base.url.freeze", "True")):
                env["ir.config_parameter"].set_param(key, value)
            # Whatever is sent, stays in the outbox
            env["ir.mail_server"].create({"name": "None", "smtp_host": "127.0.0.1", "smtp_port": 9})
            self._open_books(company.with_env(env))
            self._open_shop(env)
            self._publish_plan(env)
            for login, group in STAFF.items():
                env["res.users"].create({
                    "name": login.title(), "login": login, "password": login, "email": f"{login}@merchant.example.com",
                    "company_id": company.id, "company_ids": company.ids, "group_ids": [Command.link(env.ref(group).id)]})

    def _open_books(self, company):
        company.email = "hello@merchant.example.com"
        if not company.chart_template:
            company.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company._distribution_setup_accounting()
        company.write({
            "distribution_approval_limit": ONE_PERSON, "distribution_review_limit": ONE_PERSON,
            "distribution_withdrawal_min": MINIMUM})

    def _open_shop(self, env):
        self.product_id = env["product.product"].create({
            "name": "Old Tree Tea", "type": "consu", "list_price": PRICE, "invoice_policy": "order", "taxes_id": False,
            "website_published": True, "website_sequence": -1}).id
        transfer = env.ref("payment.payment_provider_transfer")
        transfer.write({"state": "enabled", "is_published": True})
        transfer._transfer_ensure_pending_msg_is_set()

    def _publish_plan(self, env):
        env["distribution.plan.version"].search([("state", "=", "active")]).state = "retired"
        policy = env["distribution.policy"]._get_in_force(env.company)
        policy.plan_second_person = False
        plan = env["distribution.plan"].create({"name": "Standard", "company_id": env.company.id})
        plan.version_ids.rule_ids = [Command.create({"tier": 1, "rate": RATE})]
        plan.version_ids.action_activate()
        env["distribution.payout.channel"].create({"name": "By hand", "company_id": env.company.id})
        env["distribution.agreement"].create({
            "name": "Distributor Agreement", "body": "<p>Be honest.</p>", "company_id": env.company.id}).action_publish()

    def appoint(self, login, payable=0):
        """Make an active distributor with a login and a verified account, and an amount that can be withdrawn."""
        with self.transaction() as env:
            user = env["res.users"].create({
                "name": login.title(), "login": login, "password": login, "email": f"{login}@example.com",
                "company_id": self.company_id, "company_ids": [self.company_id],
                "group_ids": [Command.set(env.ref("base.group_portal").ids)]})
            distributor = env["distribution.distributor"].create({
                "partner_id": user.partner_id.id, "code": login.upper()})
            distributor._set_active()
            distributor._accept_agreement(env["distribution.agreement"]._get_in_force(env.company))
            env["distribution.identity"].create({
                "distributor_id": distributor.id, "document_type": "passport", "real_name": user.name, "is_of_age": True,
                "number": _PASSPORT.format(distributor.id)}).action_verify()
            env["distribution.payee.account"].create({
                "distributor_id": distributor.id, "holder_name": user.name, "bank_name": "First Bank",
                "number": f"62220212{distributor.id:08}"}).action_verify()
        if payable:
            self._make_payable(distributor.id, payable)
        return distributor.id

    def _make_payable(self, distributor_id, amount):
        with self.transaction() as env:
            order = env["sale.order"].create({
                "partner_id": env["res.partner"].create({"name": "Regular"}).id, "distributor_id": distributor_id,
                "order_line": [Command.create({
                    "product_id": self.product_id, "price_unit": amount * 100 / RATE, "tax_ids": [Command.clear()]})]})
        self.confirm(order.id)
        self.fulfil(order.id)
        self.process()
        self.mature(days=HOLD_DAYS)
        with self.transaction() as env:
            env["distribution.settlement.run"].create({}).action_post()

    # -- what Odoo does anyway

    def confirm(self, order_id):
        with self.transaction() as env:
            env["sale.order"].browse(order_id).action_confirm()

    def fulfil(self, order_id):
        """Deliver, invoice, and receive the money."""
        with self.transaction() as env:
            order = env["sale.order"].browse(order_id)
            for picking in order.picking_ids:
                picking.move_ids.picked = True
                picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
            assert set(order.picking_ids.mapped("state")) == {"done"}
            invoice = order._create_invoices()
            invoice.action_post()
            env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids).create({})._create_payments()

    def get_last_order(self, email):
        with self.transaction() as env:
            order = env["sale.order"].search([("partner_id.email", "=", email)], limit=1)
            return order.id, order.name, order.amount_total

    # -- what happens by itself

    def process(self):
        """Let the computation of commissions come round."""
        with self.transaction() as env:
            while env["distribution.event"]._process():
                pass

    def mature(self, days):
        """Let what is over its hold in so many days become available."""
        with self.transaction() as env:
            company = env["res.company"].browse(self.company_id)
            env["distribution.commission"]._mature(company, fields.Datetime.now() + timedelta(days=days))

    # -- what is to be read

    def get_mail(self, email, subject):
        """The body of the last mail to somebody."""
        with self.transaction() as env:
            mails = env["mail.mail"].search([("email_to", "ilike", email)], order="id desc") | env["mail.mail"].search([
                ("recipient_ids.email", "=", email)], order="id desc")
            found = [mail.body_html for mail in mails if subject in mail.subject]
            assert found, f"{email} has {mails.mapped('subject')}, not “{subject}”"
            return found[0]

    def get_link(self, email, subject):
        """What the button in the last mail to somebody with this subject opens."""
        links = re.findall(r'href="(http[^"]+token=[^"]+)"', self.get_mail(email, subject))
        return unescape(links[0])

    def read_money(self, distributor_id):
        """The balances that are not nothing, and how many withdrawals there are."""
        with self.transaction() as env:
            balances = dict(env["distribution.balance"]._read_group(
                [("distributor_id", "=", distributor_id), ("amount", "!=", 0), ("bucket", "!=", "merchant")],
                ["bucket"], ["amount:sum"]))
            return balances, env["distribution.withdrawal"].search_count([("distributor_id", "=", distributor_id)])

    def find_distributor(self, email):
        with self.transaction() as env:
            return env["distribution.distributor"].search([("partner_id.email", "=", email)]).id

    def check_books(self):
        with self.transaction() as env:
            return env["distribution.books"].check()

    def count_people(self):
        with self.transaction() as env:
            return [env[model].search_count([]) for model in ("res.partner", "res.users", "distribution.distributor")]
