from . import distribution_link
from . import distribution_plan_rule
from . import distribution_privacy_request
from . import distribution_shop_page
from . import product_template
from . import sale_order
