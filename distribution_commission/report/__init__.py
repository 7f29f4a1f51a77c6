from . import distribution_debt_report
from . import distribution_link_report
from . import distribution_tax_report
from . import distribution_tax_slip
