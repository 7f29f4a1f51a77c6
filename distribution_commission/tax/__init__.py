"""How much tax is withheld from a payment? Nothing in this package imports odoo.

Money is an ``int`` in the currency's minor unit, a rate an ``int`` in parts per million; what lies
between is exact, and the tax is rounded once, half up, at the end. NamedTuples go in, NamedTuples
come out; the package reads no clock, no database and no global state. The figures of a law are data
that the caller gives (see `Table`); the files of the methods say which formula of which law they are.
"""
from .annual import settle_year
from .brackets import PPM, get_bracket, get_quick_deductions
from .gross_up import gross_up
from .methods import METHODS
from .payee import Decision, decide
from .types import Bracket, Due, Month, Table, Withholding
from .vat import split_vat
from .withholding import explain, replay, withhold

__all__ = [
    'METHODS', 'PPM', 'Bracket', 'Decision', 'Due', 'Month', 'Table', 'Withholding',
    'decide', 'explain', 'get_bracket', 'get_quick_deductions', 'gross_up', 'replay', 'settle_year', 'split_vat',
    'withhold',
]
