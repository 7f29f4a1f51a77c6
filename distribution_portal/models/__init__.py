from . import distribution_distributor
from . import ir_http
