from . import test_links
from . import test_apply
from . import test_pages
from . import test_privacy
from . import test_referral
from . import test_review
from . import test_rules
from . import test_withdrawal
