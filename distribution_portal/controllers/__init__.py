from . import portal
from . import link
from . import referral
from . import withdrawal
