"""The last page: the books must be right, what there is to see, and who may see it."""
import os
from collections import Counter
from pathlib import Path

LOGINS = [                          # login, address, what to look at
    ("merchant", "/odoo", "the merchant: orders, distributors, plan, settlements, website"),
    ("accountant", "/odoo", "the accountant: journal entries, settlements, withdrawals to approve and pay"),
    ("linxia", "/my/distribution", "林小夏, a gold distributor with a team: link, commissions, withdrawals"),
    ("chenmo", "/my/distribution", "陈默, of her team"),
    ("admin", "/odoo", "the administrator"),
]


def check_books(stage):
    differences = stage.env["distribution.books"].check()
    if differences:
        raise AssertionError("\n".join(["the books are wrong:", *map(str, differences)]))
    broken = stage.env["distribution.event"].search([("error", "!=", False)])
    if broken:
        raise AssertionError(f"orders that could not be worked on: {broken.mapped('error')}")


def summary(stage):
    """What the story has made, counted."""
    lines = ["orders                " + _counts(Counter(map(_fate, stage.env["sale.order"].search([]))))]
    sources = stage.env["distribution.attribution"]._read_group([], ["source"], ["__count"])
    lines.append("credited by           " + _counts({source or "nobody": count for source, count in sources}))
    for model, field in (
        ("distribution.distributor", "state"), ("distribution.touch", "kind"),
        ("distribution.withdrawal", "state"), ("distribution.payout", "state"),
        ("distribution.transfer", "reason"),
    ):
        counts = stage.env[model]._read_group([], [field], ["__count"])
        lines.append(f"{stage.env[model]._description.lower():21} {_counts(dict(counts))}")
    balances = stage.env["distribution.balance"]._read_group([], ["bucket"], ["amount:sum"])
    amounts = {bucket: amount for bucket, amount in balances if amount}
    lines.append(f"commissions           earned {-amounts.pop('merchant', 0):.2f}: "
                 + ", ".join(f"{bucket} {amount:.2f}" for bucket, amount in amounts.items()))
    journal = stage.company.distribution_journal_id
    entries = stage.env["account.move"].search([("journal_id", "=", journal.id)])
    lines.append(f"Distribution journal  {len(entries)} entries, {len(entries.line_ids)} items")
    lines.append("books check           no difference")
    return "\n".join(lines)


def _fate(order):
    """One word for an order, as its documents stand."""
    posted = order.invoice_ids.filtered(lambda move: move.state == "posted")
    refunds = posted.filtered(lambda move: move.move_type == "out_refund")
    invoices = posted - refunds
    if order.state == "cancel":
        return "cancelled after return" if refunds else "cancelled"
    if order.state != "sale":
        return "cart" if order.website_id else "quotation"
    if refunds:
        whole = sum(refunds.mapped("amount_total")) >= sum(invoices.mapped("amount_total"))
        return "refunded" if whole else "part refunded"
    if not invoices or any(invoice.payment_state not in ("paid", "in_payment") for invoice in invoices):
        return "unpaid"
    return "delivered" if order.delivery_status == "full" else "paid"


def _counts(counts):
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def logins():
    """Print who may log in, and write it where the command wants it."""
    lines = ["Logins of this local demo (the password is the login):"]
    lines += [f"  {login:11} {address:18} {about}" for login, address, about in LOGINS]
    text = "\n".join(lines)
    if file := os.environ.get("DISTRIBUTION_LOGINS_FILE"):
        Path(file).write_text(text + "\n")
    return text
