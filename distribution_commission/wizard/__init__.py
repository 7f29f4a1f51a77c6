from . import distribution_withdrawal_request
from . import distribution_tax_export
from . import distribution_tax_declaration
from . import distribution_platform_report
