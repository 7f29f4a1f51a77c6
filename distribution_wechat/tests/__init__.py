from . import test_signature
from . import test_wechat_account
