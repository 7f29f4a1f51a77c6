from . import res_users
from . import ir_http
from . import ir_http_api
from . import distribution_touch
from . import product_template
