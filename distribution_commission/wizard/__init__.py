from . import distribution_cutoff
from . import distribution_period_reopen
from . import distribution_settlement_invoice
