"""Rule kinds: how much one matching rule pays on one line. A kind is a class with four names.

``code``, ``label``, ``unit`` of its value ('rate' in ppm, or 'amount' in minor units), and
``amount(value, base, quantity)``, all integers. A kind must pay nothing on
nothing: ``amount(value, 0, 0) == 0``, so that a full refund takes everything back.
"""
from .fixed import Fixed
from .percent import Percent

KINDS = {kind.code: kind for kind in (Percent, Fixed)}
