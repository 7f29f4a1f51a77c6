from . import distribution_wechat_account
