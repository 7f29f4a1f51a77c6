from . import test_attribution
from . import test_distributor
from . import test_policy
from . import test_policy_check
from . import test_policy_export
from . import test_policy_version
from . import test_security
