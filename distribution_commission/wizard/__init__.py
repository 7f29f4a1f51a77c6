from . import distribution_tax_export
from . import distribution_tax_declaration
from . import distribution_platform_report
from . import distribution_cutoff
from . import distribution_period_reopen
from . import distribution_settlement_invoice
from . import distribution_withdrawal_request
