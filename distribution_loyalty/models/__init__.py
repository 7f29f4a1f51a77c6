from . import distribution_payout
from . import distribution_payout_channel
