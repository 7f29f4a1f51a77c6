from . import referral
from . import referral_code
