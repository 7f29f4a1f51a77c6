from . import test_attribution
from . import test_binding
from . import test_distributor
from . import test_link
from . import test_policy
from . import test_risk
from . import test_privacy
from . import test_security
