from . import test_agreement
from . import test_application
from . import test_attribution
from . import test_distributor
from . import test_import
from . import test_policy
from . import test_security
