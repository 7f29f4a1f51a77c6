"""The whole life of a distributor at the screens of everybody who takes part, on a phone and at a desk."""
import contextlib

import pytest
from merchant import HOLD_DAYS, Merchant
from screens import DESK, PHONE, Applicant, Customer, Distributor, Staff, open_browser

CONFIRM = "Please confirm your e-mail address"
SIZES = {"phone": PHONE, "desk": DESK}
APPLICATIONS = "distribution_core.distribution_application_action"
DISTRIBUTORS = "distribution_core.distribution_distributor_action"
IDENTITIES = "distribution_core.distribution_identity_action"
ACCOUNTS = "distribution_core.distribution_payee_account_action"
RUNS = "distribution_commission.distribution_settlement_run_action"
WITHDRAWALS = "distribution_commission.distribution_withdrawal_action"
PAYOUTS = "distribution_commission.distribution_payout_action"


@pytest.fixture(scope="module")
def address(serve):
    return serve(1)[0]


@pytest.fixture(scope="module")
def merchant(database, address):
    merchant = Merchant(database)
    merchant.found(address)
    return merchant


@pytest.fixture(scope="module")
def staff(merchant, chromium, address):
    """Officer and two accountants, logged in once."""
    with contextlib.ExitStack() as stack:
        people = {}
        for login in ("olga", "fay", "finn"):
            people[login] = Staff(stack.enter_context(open_browser(chromium, address)))
            people[login].log_in(login)
        yield people


@pytest.fixture(params=SIZES)
def size(request):
    return request.param


# What is typed, whether the browser lets it through, and what the merchant says to it.
WRONG_AMOUNTS = (
    ("0", True, "Enter an amount above zero."),
    ("-5", False, "Enter an amount above zero."),
    ("ten", False, "Please enter an amount, e.g. 100.00."),
    ("12.345", False, "The amount has more than 2 decimals."),
    ("50.01", True, "You can withdraw up to $ 50.00."),
    ("9.99", True, "You can withdraw $ 10.00 or more."),
)


@pytest.fixture
def browse(chromium, address, size):
    """Start a browser of that size for one more person."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(open_browser(chromium, address, SIZES[size]))


def test_from_the_application_to_the_money(size, browse, merchant, staff):
    email, name = f"mei.{size}@example.com", f"Mei {size.title()}"
    distributor = _join(browse(), merchant, staff, email, name)
    link = _share(distributor)
    _sell(Customer(browse()), distributor, merchant, link, f"lilei.{size}@example.com")
    _settle(distributor, merchant, staff, name)
    _be_known(distributor, staff, name)
    _be_paid(distributor, staff, name)
    assert merchant.read_money(merchant.find_distributor(email)) == ({"payable": 19.5, "paid": 80.5}, 1)
    assert merchant.check_books() == []


def _join(page, merchant, staff, email, name):
    """Apply, confirm the address, be approved, and log in."""
    applicant, officer = Applicant(page, email), staff["olga"]
    applicant.apply(name)
    applicant.confirm_address(merchant.get_link(email, CONFIRM))
    assert not merchant.find_distributor(email)
    officer.open_record(APPLICATIONS, name)
    officer.press("action_approve")
    officer.expect_state("Approved")
    assert "Welcome!" in merchant.get_mail(email, "You are a distributor of")
    applicant.choose_password(merchant.get_link(email, "Your account at"), "Long enough 1!")
    distributor = Distributor(page)
    distributor.check_amounts()
    distributor.see("No commission yet")
    return distributor


def _share(distributor):
    """Copy the link to a product, which says what it earns."""
    own_link = distributor.copy(".o_distribution_link")
    assert "/d/" in own_link
    distributor.open("/my/distribution/products?search=tree")
    distributor.see("Old Tree Tea", "$ 500.00", "Earn $ 100.00")
    link = distributor.copy(".o_distribution_product")
    assert link.startswith(f"{own_link}?to=/shop/")
    return link


def _sell(customer, distributor, merchant, link, email):
    """Somebody buys by the link; the commission is there once it is paid, and available once it is kept."""
    customer.buy(link, email)
    order_id, order_name, total = merchant.get_last_order(email)
    assert total == 500.0
    merchant.confirm(order_id)
    merchant.process()
    distributor.check_amounts()
    distributor.page.wait_for_selector("[name=unpaid_estimate]")
    assert distributor.read_text("[name=unpaid_estimate]") == "$ 100.00"
    merchant.fulfil(order_id)
    merchant.process()
    distributor.check_amounts(pending=100.0)
    distributor.page.locator(".list-group-item").filter(has_text=order_name).click()
    distributor.page.wait_for_url("**/commissions/*")
    distributor.see(f"Order {order_name}", "$ 100.00", "20 %")
    merchant.mature(days=HOLD_DAYS - 2)
    distributor.check_amounts(pending=100.0)
    merchant.mature(days=HOLD_DAYS)
    distributor.check_amounts(available=100.0)


def _settle(distributor, merchant, staff, name):
    """One accountant releases a run; it is above what one person may do, so that another one approves."""
    fay, finn = staff["fay"], staff["finn"]
    fay.open(f"/odoo/action-{RUNS}/new")
    fay.press("action_post")
    fay.expect_state("In Progress")
    run = fay.read_text(".oe_title [name=name]")
    fay.press("action_approve_all")
    fay.expect_error("Somebody other than Fay has to approve this.")
    distributor.check_amounts(available=100.0)
    finn.open_record(RUNS, run)
    finn.press("action_approve_all")
    finn.expect_state("Posted")
    distributor.check_amounts(payable=100.0)
    distributor.open("/my/distribution/statements")
    distributor.see("$ 100.00")


def _be_known(distributor, staff, name):
    """Nothing is paid to whom nobody knows: identity and account are verified by an officer."""
    officer = staff["olga"]
    distributor.withdraw("80.50")
    distributor.see("Before the first payout your identity has to be verified.")
    distributor.add_account("First Bank", name, f"622202123456{sum(name.encode()):04}")
    officer.open(f"/odoo/action-{IDENTITIES}/new")
    officer.choose("distributor_id", name)
    officer.select("document_type", "Passport")
    officer.page.locator(".o_field_widget[name=is_of_age] input").check()
    officer.fill("real_name", name)
    officer.fill("number", f"E{sum(name.encode()):08}")
    officer.save()
    officer.press("action_verify")
    officer.confirm()
    officer.open_record(ACCOUNTS, name)
    officer.press("action_verify")
    officer.page.wait_for_selector("[name=verified_by_id]")
    distributor.open("/my/distribution/accounts")
    distributor.see("First Bank", "Verified")


def _be_paid(distributor, staff, name):
    """Ask for a part; two accountants approve, one of them pays."""
    fay, finn = staff["fay"], staff["finn"]
    distributor.withdraw("80.50")
    distributor.page.wait_for_url("**/my/distribution/withdrawals")
    distributor.see("$ 80.50", "Requested", "You can withdraw $ 19.50")
    distributor.check_amounts(payable=19.5, reserved=80.5)
    fay.open_record(WITHDRAWALS, name)
    fay.press("action_approve")
    fay.page.wait_for_selector("[name=checked_by_id]")
    fay.press("action_approve")
    fay.expect_error("Somebody other than Fay has to approve this.")
    finn.open_record(WITHDRAWALS, name)
    finn.press("action_approve")
    finn.expect_state("Approved")
    distributor.open("/my/distribution/withdrawals")
    distributor.see("$ 80.50", "Approved")
    finn.open_record(PAYOUTS, name)
    finn.press("action_mark_done")
    finn.confirm()
    finn.expect_state("Done")
    distributor.open("/my/distribution/withdrawals")
    distributor.see("$ 80.50", "Paid", "You can withdraw $ 19.50")
    distributor.check_amounts(payable=19.5, paid=80.5)


def test_who_is_refused_reads_why_and_nothing_is_made(size, browse, merchant, staff):
    email, name = f"no.{size}@example.com", f"Nora {size.title()}"
    applicant, officer = Applicant(browse(), email), staff["olga"]
    before = merchant.count_people()
    applicant.apply(name)
    applicant.confirm_address(merchant.get_link(email, CONFIRM))
    officer.open_record(APPLICATIONS, name)
    officer.press("action_refuse")
    officer.fill("reason", "We look for people in Kunming only.")
    officer.confirm()
    officer.expect_state("Refused")
    applicant.read(merchant.get_mail(email, "Your application"), "We look for people in Kunming only.")
    assert merchant.count_people() == before
    applicant.apply(name)       # once this has changed


def test_who_is_suspended_is_told_so_and_earns_nothing(size, browse, merchant, staff):
    login = f"sun{size}"
    distributor_id = merchant.appoint(login, payable=50.0)
    distributor, customer, officer = Distributor(browse()), Customer(browse()), staff["olga"]
    distributor.log_in(login)
    distributor.check_amounts(payable=50.0)
    distributor.open("/my/distribution/products?search=tree")
    link = distributor.copy(".o_distribution_product")
    officer.open_record(DISTRIBUTORS, login.title())
    officer.press("action_suspend")
    officer.fill("reason", "Promises of cures")
    officer.confirm()
    officer.expect_state("Suspended")
    customer.buy(link, f"hanmeimei.{size}@example.com")
    order_id, _name, _total = merchant.get_last_order(f"hanmeimei.{size}@example.com")
    merchant.confirm(order_id)
    merchant.fulfil(order_id)
    merchant.process()
    distributor.check_amounts(payable=50.0)
    distributor.see("Your account is under review. Until that is over your link earns nothing and nothing can be withdrawn.")
    assert not distributor.page.locator(".o_distribution_link, a[href$='/withdrawals/new']").count()
    distributor.withdraw("20")
    distributor.see("Your account is under review. Nothing can be withdrawn until that is over.")
    assert merchant.read_money(distributor_id) == ({"payable": 50.0}, 0)


def test_wrong_amounts_are_explained_at_the_field_and_move_nothing(size, browse, merchant):
    login = f"tao{size}"
    distributor_id = merchant.appoint(login, payable=50.0)
    distributor = Distributor(browse())
    distributor.log_in(login)
    for amount, passes, message in WRONG_AMOUNTS:
        distributor.withdraw(amount)
        if passes:
            distributor.see_at_amount(message)
        else:
            assert distributor.is_stopped_by_browser()
            distributor.withdraw_past_browser(amount)
            distributor.see_at_amount(message)
        assert merchant.read_money(distributor_id) == ({"payable": 50.0}, 0), amount
    distributor.withdraw("50")
    distributor.page.wait_for_url("**/my/distribution/withdrawals")
    assert merchant.read_money(distributor_id) == ({"reserved": 50.0}, 1)
