from . import distribution_application_refuse
from . import distribution_state_change
from . import distribution_upline_change
