from . import application
from . import portal
from . import membership
from . import referral
from . import withdrawal
