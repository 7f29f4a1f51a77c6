from . import test_ledger
from . import test_link_report
from . import test_path
from . import test_payout
from . import test_plan
from . import test_privacy
from . import test_security
