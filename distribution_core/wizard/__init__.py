from . import base_partner_merge
from . import distribution_attribution_replay
from . import distribution_binding_change
from . import distribution_level_grant
from . import distribution_application_refuse
from . import distribution_state_change
from . import distribution_upline_change
from . import distribution_reveal
