from . import distribution_state_change
from . import distribution_upline_change
from . import distribution_reveal
