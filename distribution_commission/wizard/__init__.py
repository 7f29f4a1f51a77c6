from . import distribution_withdrawal_request
