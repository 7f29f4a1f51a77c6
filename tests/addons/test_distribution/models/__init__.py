from . import payout_channel
from . import rule_kind
