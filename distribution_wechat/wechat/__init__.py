from .signature import check_push, sign_jssdk, sign_push
