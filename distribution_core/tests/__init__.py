from . import test_attribution
from . import test_distributor
from . import test_level
from . import test_level_run
from . import test_policy
from . import test_security
