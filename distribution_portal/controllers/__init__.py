from . import portal
from . import link
from . import privacy
from . import referral
from . import review
from . import withdrawal
