"""How amounts, moments and days are written."""
from datetime import date


def money(amount, currency):
    """Return an amount as a text with the decimals of its currency."""
    return {'amount': f'{currency.round(amount) or 0.0:.{currency.decimal_places}f}', 'currency': currency.name}


def money_or_none(amount, currency):
    """Return an amount, or None where zero means that there is none."""
    return money(amount, currency) if amount else None


def time(moment):
    """Return a moment, which Odoo keeps in UTC without saying so."""
    return moment.isoformat(timespec='seconds') + 'Z' if moment else None


def day(value):
    return value.isoformat() if value else None


def parse_amount(text):
    """Return an amount that fits its schema as the models take it; they judge it."""
    return float(text)


def parse_day(text):
    return date.fromisoformat(text)
