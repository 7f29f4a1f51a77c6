from . import distribution_plan_version
from . import distribution_coupon
from . import distribution_commission
