"""Rule kinds: how much one matching rule pays on one line. A kind is a class with five names.

``code``, ``label``, ``unit`` of its value ('rate' in ppm, 'amount' in minor units, or 'bands': the
rule has rows), ``needs``: the names of what it looks at in a `Sale` apart from base and quantity,
and ``amount(rule, sale)``, all integers, never negative. A kind must pay nothing on nothing: when
base and quantity are 0, so that a full refund takes everything back.
"""
from .bands import BandsByAmount, BandsByQuantity
from .differential import Differential
from .fixed import Fixed
from .fixed_order import FixedPerOrder
from .margin import Margin
from .percent import Percent

KINDS = {
    kind.code: kind
    for kind in (Percent, Fixed, FixedPerOrder, BandsByAmount, BandsByQuantity, Differential, Margin)
}
