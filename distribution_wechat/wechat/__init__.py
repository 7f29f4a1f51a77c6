from .errors import (
    BadCode, BadCredentials, BadPush, Busy, MalformedPush, NotDeliverable, NotSent, QuotaExceeded, Refused,
    SnapshotUser, TokenRefused, Unreachable, WechatError, to_error,
)
from .mini import MiniLogin, MiniProgram, check_user_data, decrypt_user_data
from .notice import FIELD_PATTERN, fill, fit, get_placeholders
from .official import OfficialAccount, Scannable, WebLogin, get_authorize_url
from .push import AES_KEY_PATTERN, MAX_BYTES, Message, decrypt, encrypt, open_push, prepare_reply, seal_reply
from .shipping import (
    COMPLETE, DELIVERED, EXPRESS, PARCELS_MAX, PICKUP, RECEIVED, REFUNDED, SAME_CITY, TO_DELIVER, TO_SETTLE, VIRTUAL, Parcel,
    Shipping,
)
from .signature import check_push, sign_jssdk, sign_push
from .transport import Transport, check_base_url
