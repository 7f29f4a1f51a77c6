from . import api
from . import login
from . import main
from . import pay
from . import payment
from . import referral
from . import share
