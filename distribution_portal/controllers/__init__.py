from . import portal
from . import referral
from . import review
from . import withdrawal
