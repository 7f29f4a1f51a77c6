from . import distribution_link
from . import distribution_plan_rule
from . import sale_order
from . import product_template
