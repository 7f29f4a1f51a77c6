from . import test_attribution
from . import test_e2e
from . import test_queries
from . import test_plan_scope
from . import test_share
from . import test_share_e2e
from . import test_shop_page
