"""Methods of withholding. A method is a class with five names.

``code``, ``label``, ``period`` ('month' or 'year': what the tax is worked out on as a whole),
``gives_back`` (whether a payment that is taken back takes its tax back), and ``due(table, months)``:
the tax on the months of the period, which may be of any sign.
"""
from .cumulative import Cumulative
from .flat import Flat
from .labour import Labour
from .nonresident import NonResident
from .nothing import Nothing

METHODS = {method.code: method for method in (Nothing, Flat, Labour, Cumulative, NonResident)}
