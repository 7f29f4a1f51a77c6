from . import test_architecture
from . import test_concurrency
from . import test_extension_points
from . import test_link_concurrency
from . import test_payout_faults
from . import test_print
from . import test_privacy_log
