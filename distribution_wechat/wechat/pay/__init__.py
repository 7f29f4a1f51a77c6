from .authorizations import Authorization, Authorizations, AuthorizationState, read_authorization
from .errors import (
    BadStatement, NoStatement, NotNow, PayRefused, StatementNotReady, UnknownNumber, Unverified, to_pay_error,
)
from .keys import MAX_AGE, PUBLIC_KEY_ID, PlatformKeys, get_certificate_serial, load_public_key
from .notice import MAX_NOTICE_BYTES, Notice, open_notice
from .orders import Order, Orders, OrderState, PayerCard, RefundState, read_order, read_refund
from .sharing import (
    MERCHANT, PERSON, Receiver, ReturnState, Share, ShareResult, Sharing, SharingState, read_return, read_sharing,
)
from .signature import (
    decrypt, decrypt_text, encrypt_text, is_signed, load_private_key, prepare_answer_message, prepare_authorization,
    prepare_request_message, sign, sign_payment,
)
from .statement_file import FlowRow, TradeRow, find_break, read_flow, read_trade
from .statements import DAYS_BACK, Statement, Statements, get_bounds, get_fee, get_last_day
from .transfers import (
    FINAL_STATES, NAME_NEEDED_FROM, NAME_REFUSED_BELOW, OPEN_STATES, SMALLEST, Transfer, Transfers, TransferState,
    read_transfer, split,
)
from .transport import PAY_URL, PayTransport, is_announced, read_certificates


class PayMerchant(Authorizations, Sharing, Statements, Transfers, Orders, PayTransport):
    """A merchant at WeChat Pay."""
