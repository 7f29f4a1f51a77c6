from . import distribution_debt_report
from . import distribution_settlement_line
from . import distribution_link_report
