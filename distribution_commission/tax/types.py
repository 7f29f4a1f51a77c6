from typing import NamedTuple


class Bracket(NamedTuple):
    """The rate of what lies above an amount of the base; the first bracket begins at 0."""

    above: int
    rate_ppm: int


class Table(NamedTuple):
    """The figures of a method while they are in force. Which of them count is for the method to say."""

    brackets: tuple[Bracket, ...] = ()
    expense_ppm: int = 0            # share of the income that counts as expenses
    expense_fixed: int = 0          # in its stead, for incomes up to `expense_fixed_until`
    expense_fixed_until: int = 0
    deduction: int = 0              # for each counted month
    gap_policy: str = 'from_first'  # which months count: see `methods/cumulative.py`


class Month(NamedTuple):
    """What one payee got from one payer in a calendar month."""

    income: int = 0
    withheld: int = 0
    exempt: int = 0
    other: int = 0          # other deductions that the law allows


class Due(NamedTuple):
    """The tax on a period as a whole, and what it follows from."""

    tax: int
    base: int = 0           # rounded, to be shown; the tax follows from the exact one
    rate_ppm: int = 0
    quick: int = 0          # quick deduction, rounded, to be shown
    months: int = 0         # counted for the deduction


class Withholding(NamedTuple):
    """What is withheld from a payment."""

    tax: int
    income: int             # of the period, with this payment
    before: int             # withheld in the period before this payment
    due: Due                # on the period, with this payment
