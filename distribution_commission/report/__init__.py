from . import distribution_commission_report
from . import distribution_debt_report
from . import distribution_link_report
from . import distribution_payable_report
from . import distribution_payout_report
from . import distribution_settlement_line
from . import distribution_unsettled_report
