from . import api
from . import login
from . import main
from . import referral
from . import share
