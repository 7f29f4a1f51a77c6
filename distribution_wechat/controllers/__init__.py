from . import login
from . import main
from . import pay
from . import referral
from . import share
