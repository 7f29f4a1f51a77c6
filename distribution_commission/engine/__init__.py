"""How much? Nothing in this package imports odoo.

Money is an ``int`` in the currency's minor unit, a rate an ``int`` in parts per million, a quantity
an ``int`` in thousandths of the unit of measure. NamedTuples go in, NamedTuples come out; the
package reads no clock, no database and no global state. The ledger, the estimate, the simulation
and the explanation all call it, so that what is promised is what is paid.
"""
from .accrual import accrue
from .base import net_amounts
from .calendar import CYCLES, Period, get_last_period, get_period
from .caps import cut
from .explain import evaluate, get_cuts
from .kinds import KINDS
from .ladder import Entry, Ladder, admit, climb, get_entries, get_step, reward
from .money import PPM, allocate, apply_rate, scale
from .types import Accrual, Limits, Order, Payee, Rule, Sale, SaleLine

__all__ = [
    'CYCLES', 'KINDS', 'PPM', 'Accrual', 'Entry', 'Ladder', 'Limits', 'Order', 'Payee', 'Period', 'Rule', 'Sale',
    'SaleLine', 'accrue', 'admit', 'allocate', 'apply_rate', 'climb', 'cut', 'evaluate', 'get_cuts', 'get_entries',
    'get_last_period', 'get_period', 'get_step', 'net_amounts', 'reward', 'scale',
]
