from . import main
from . import referral
