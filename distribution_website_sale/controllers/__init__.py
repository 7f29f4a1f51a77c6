from . import referral
from . import referral_code
from . import shop_page
