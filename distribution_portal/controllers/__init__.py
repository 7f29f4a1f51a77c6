from . import portal
from . import link
from . import referral
from . import review
from . import withdrawal
