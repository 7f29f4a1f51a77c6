from . import distribution_state_change
