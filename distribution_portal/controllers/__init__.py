from . import application
from . import portal
from . import link
from . import privacy
from . import membership
from . import referral
from . import review
from . import withdrawal
