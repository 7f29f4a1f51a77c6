from . import test_signature
from . import test_wechat_account
from . import test_wechat_push
from . import test_wechat_token
