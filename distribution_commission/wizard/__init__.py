from . import distribution_settlement_invoice
