from . import distribution_level_grant
from . import distribution_state_change
from . import distribution_upline_change
