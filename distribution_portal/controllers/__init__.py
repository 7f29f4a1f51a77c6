from . import portal
from . import privacy
from . import referral
from . import withdrawal
