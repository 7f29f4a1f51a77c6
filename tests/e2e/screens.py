"""What people do at their screens, in the words of the story. Every wait ends in what a person would look for."""
import contextlib
import re

from playwright.sync_api import expect

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
# The one that a headless browser has by itself counts as a robot, whose visits are not counted.
_AGENT = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 {}Safari/537.36"
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@contextlib.contextmanager
def open_browser(chromium, address, size=DESK):
    """The page of somebody with cookies of its own, on a phone or at a desk."""
    phone = size == PHONE
    context = chromium.new_context(
        base_url=address, viewport=size, is_mobile=phone, has_touch=phone, locale="en-US",
        user_agent=_AGENT.format(*(("Linux; Android 14; Pixel 8", "Mobile ") if phone else ("X11; Linux x86_64", ""))))
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    try:
        yield context.new_page()
    finally:
        context.close()


class Screen:

    def __init__(self, page):
        self.page = page

    def open(self, path):
        self.page.goto(path, wait_until="domcontentloaded")

    def read_text(self, selector):
        """What is to be seen there, with plain spaces."""
        return re.sub(r"\s+", " ", self.page.inner_text(selector)).strip()

    def see(self, *texts):
        """Each text is to be seen on the page."""
        body = self.read_text("#wrap")
        for text in texts:
            assert text in body, f"“{text}” is not in “{body}”"

    def log_in(self, login, password=None):
        self.open("/web/login")
        self.page.fill("#login", login)
        self.page.fill("#password", password or login)
        self.page.click(".oe_login_form button[type=submit]")
        self.page.wait_for_url(lambda url: "/web/login" not in url, wait_until="commit")


class Applicant(Screen):

    def __init__(self, page, email):
        super().__init__(page)
        self.email = email

    def apply(self, name):
        self.open("/distribution/apply")
        form = self.page.locator("form[action='/distribution/apply']")
        for field, text in (("name", name), ("email", self.email), ("phone", "13800000000")):
            form.locator(f"[name={field}]").fill(text)
        for field in ("is_adult", "is_not_barred", "knows_it_is_free", "agreement"):
            form.locator(f"[name={field}]").check()
        form.get_by_role("button", name="Apply").click()
        self.page.wait_for_url("**/distribution/apply/thanks")
        self.see("Thank you!")

    def confirm_address(self, link):
        self.open(link)
        self.see("Is this your address?", self.email)
        self.page.get_by_role("button", name="Confirm my address").click()
        expect(self.page.get_by_text("Your address is confirmed")).to_be_visible()

    def choose_password(self, link, password):
        self.open(link)
        self.page.fill("input[name=password]", password)
        self.page.fill("input[name=confirm_password]", password)
        self.page.locator("form:has([name=confirm_password]) button[type=submit]").click()
        self.page.wait_for_url(lambda url: "signup" not in url and "reset" not in url, wait_until="commit")


    def read(self, mail, text):
        self.page.set_content(mail)
        expect(self.page.get_by_text(text)).to_be_visible()


class Distributor(Screen):

    def check_amounts(self, **amounts):
        """The tiles of the overview say this; what is not named says nothing."""
        self.open("/my/distribution")
        expected = {**dict.fromkeys(("payable", "pending", "available", "reserved", "paid"), 0.0), **amounts}
        shown = {name: self.read_text(f"[name={name}_amount]") for name in expected}
        assert shown == {name: f"$ {amount:,.2f}" for name, amount in expected.items()}

    def copy(self, within):
        """Press the button, and return what is in the clipboard."""
        button = self.page.locator(f"{within} .o_distribution_copy").first
        expect(self.page.locator("body[is-ready=true]")).to_be_attached()
        button.click()
        expect(button.locator(".o_distribution_copied_text")).to_be_visible()
        return self.page.evaluate("navigator.clipboard.readText()")

    def add_account(self, bank, holder, number):
        self.open("/my/distribution/accounts")
        for field, text in (("bank_name", bank), ("holder_name", holder), ("number", number)):
            self.page.fill(f"form [name={field}]", text)
        self.page.check("form [name=consent]")
        self.page.get_by_role("button", name="Add", exact=True).click()
        expect(self.page.get_by_text("Being verified")).to_be_visible()

    def withdraw(self, amount):
        """Type an amount and ask for it, whatever comes of it."""
        self.open("/my/distribution/withdrawals/new")
        self.page.locator("#o_distribution_amount").press_sequentially(amount)
        self.page.get_by_role("button", name="Ask for payout").click()

    def see_at_amount(self, message):
        """The message belongs to the field, for eyes and for screen readers."""
        field = self.page.locator("#o_distribution_amount[aria-invalid=true]")
        expect(self.page.locator(f"#{field.get_attribute('aria-describedby')}:visible")).to_have_text(message)

    def is_stopped_by_browser(self):
        return self.page.evaluate("!!document.querySelector('#o_distribution_amount').validationMessage")

    def withdraw_past_browser(self, amount):
        """The same with a browser that does not look at what is typed."""
        self.open("/my/distribution/withdrawals/new")
        self.page.evaluate(
            """amount => {
                const input = document.querySelector("#o_distribution_amount");
                input.type = "text";
                input.value = amount;
                input.form.noValidate = true;
            }""", amount)
        self.page.get_by_role("button", name="Ask for payout").click()
        self.page.wait_for_load_state()


class Customer(Screen):

    def buy(self, link, email):
        """Come by a link to a product, and order one piece of it by wire transfer."""
        self.open(link)
        expect(self.page.locator("body[is-ready=true]")).to_be_attached()
        self.page.click("#add_to_cart")
        expect(self.page.locator("sup.my_cart_quantity").filter(has_text="1").first).to_be_attached()
        self.open("/shop/cart")
        self.page.locator("a[href^='/shop/checkout']:visible").first.click()
        self._fill_address(email)
        self.page.locator("a[href^='/shop/payment']:visible").first.click()
        expect(self.page.locator("body[is-ready=true]")).to_be_attached()
        self.page.locator("label.o_payment_option_label").filter(has_text="Wire Transfer").click()
        self.page.locator("button[name=o_payment_submit_button]:visible").first.click()
        expect(self.page.locator("[name=order_confirmation]")).to_contain_text("Please use the following transfer details")

    def _fill_address(self, email):
        form = self.page.locator("form.address_autoformat")
        form.locator("#o_country_id").select_option(label="Belgium")
        for field, text in (("name", "Li Lei"), ("phone", "13900000000"), ("email", email),
                            ("street", "1 Nanjing Road"), ("city", "Shanghai"), ("zip", "2000")):
            form.locator(f"input[name={field}]").fill(text)
        self.page.locator("a[name=website_sale_main_button]:visible").first.click()
        self.page.wait_for_url(lambda url: "/shop/address" not in url)


class Staff(Screen):
    """Somebody in Odoo's web client."""

    def open_record(self, action, text):
        self.open(f"/odoo/action-{action}")
        record = self.page.locator(".o_kanban_record, .o_data_row .o_data_cell").filter(has_text=text).first
        record.click()
        expect(self.page.locator(".o_form_view")).to_be_visible()

    def press(self, name):
        self.page.locator(f".o_statusbar_buttons button[name={name}]").click()

    def save(self):
        self.page.locator(".o_form_button_save:visible").first.click()

    def confirm(self):
        self.page.locator(".modal-footer button.btn-primary").first.click()
        expect(self.page.locator(".modal")).to_have_count(0)

    def expect_state(self, label):
        expect(self.page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text(label)

    def expect_error(self, text):
        expect(self.page.locator(".modal-body")).to_contain_text(text)
        self.confirm()

    def fill(self, field, text):
        self.page.locator(f".o_field_widget[name={field}] input, .o_field_widget[name={field}] textarea").first.fill(text)

    def select(self, field, label):
        self.page.locator(f".o_field_widget[name={field}] input").click()
        self.page.locator(".o_select_menu_item").filter(has_text=label).click()

    def choose(self, field, text):
        """Of a many2one."""
        self.page.locator(f".o_field_widget[name={field}] input").press_sequentially(text)
        self.page.locator(".o-autocomplete--dropdown-item").filter(has_text=text).first.click()
