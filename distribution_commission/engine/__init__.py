"""How much? Nothing in this package imports odoo.

Money is an ``int`` in the currency's minor unit, a rate an ``int`` in parts per million, a quantity
an ``int`` in thousandths of the unit of measure. NamedTuples go in, NamedTuples come out; the
package reads no clock, no database and no global state. The ledger, the estimate, the simulation
and the explanation all call it, so that what is promised is what is paid.
"""
from .accrual import accrue
from .base import net_amounts
from .explain import evaluate
from .kinds import KINDS
from .money import PPM, allocate, apply_rate, scale
from .types import Accrual, Order, Payee, Rule, SaleLine

__all__ = [
    'KINDS', 'PPM', 'Accrual', 'Order', 'Payee', 'Rule', 'SaleLine',
    'accrue', 'allocate', 'apply_rate', 'evaluate', 'net_amounts', 'scale',
]
