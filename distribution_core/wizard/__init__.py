from . import distribution_authority_export
from . import distribution_state_change
from . import distribution_upline_change
