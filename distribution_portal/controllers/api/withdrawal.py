from odoo.exceptions import UserError
from odoo.http import request

from ..withdrawal import DistributionWithdrawalPortal
from . import schema as s
from .base import DistributionApi
from .operation import operation
from .problem import Problem
from .values import money, money_or_none, parse_amount, time

MODEL = 'distribution.withdrawal'
_PROPERTIES = {
    'id': s.ID,
    'number': s.STRING,
    'requested_at': s.TIME,
    'state': s.selection(MODEL, 'state'),
    'amount': s.MONEY,
    'fee': s.MONEY,
    'net': s.described(s.MONEY, "Before tax."),
    'account': s.described(s.nullable(s.STRING), "Bank and last digits."),
    'reason': s.described(s.nullable(s.STRING), "Why it was refused or failed."),
    'is_cancellable': s.BOOLEAN,
    'confirmation': s.described(
        {'type': 'object', 'additionalProperties': s.STRING},
        "What the platform that pays is handed, so that the distributor takes the money there; empty: nothing to take."),
}
WITHDRAWAL = s.named('Withdrawal', s.obj(**_PROPERTIES))
DETAILED = s.named('DetailedWithdrawal', s.obj(
    **_PROPERTIES, steps=s.list_of(s.obj(label=s.STRING, at=s.nullable(s.TIME), is_done=s.BOOLEAN))))
PAYEE = s.obj(id=s.ID, name=s.STRING)
TERMS = s.named('WithdrawalTerms', s.obj(
    payable=s.MONEY,
    obstacle=s.described(s.nullable(s.STRING), "Why nothing can be withdrawn now."),
    smallest=s.nullable(s.MONEY),
    largest=s.nullable(s.MONEY),
    day_limit=s.nullable(s.MONEY),
    day_left=s.nullable(s.MONEY),
    count_limit=s.described(s.nullable(s.COUNT), "How often a day."),
    fee_fixed=s.nullable(s.MONEY),
    fee_rate=s.described(s.STRING, "In percent of the amount."),
    accounts=s.described(s.list_of(PAYEE), "Verified ones."),
    channels=s.described(s.list_of(PAYEE), "That pay in something else than money, as credit of the shop."),
))
QUOTE = s.named('Quote', s.obj(amount=s.MONEY, fee=s.MONEY, net=s.described(s.MONEY, "Before tax.")))
WISH = {
    'amount': s.SENT_AMOUNT,
    'account_id': s.described(s.ID, "Without: the latest verified one."),
    'channel_id': s.described(s.ID, "Instead of an account."),
}
IDEMPOTENCY = {'Idempotency-Key': {
    'type': 'string', 'pattern': '^[!-~]{8,64}$',
    'description': "Chosen anew for each wish, e.g. a UUID. Send the same again when no answer came: it stays one.",
}}


class DistributionWithdrawalApi(DistributionApi, DistributionWithdrawalPortal):

    # === ROUTES === #

    @operation('GET', '/withdrawals', s.page_of(WITHDRAWAL), query=s.PAGE_QUERY)
    def api_withdrawals(self, limit, offset):
        """List withdrawals."""
        return self._api_list(MODEL, self._api_read_withdrawal, limit, offset)

    @operation('GET', '/withdrawal-terms', TERMS)
    def api_withdrawal_terms(self):
        """Tell how much can be withdrawn, and on which terms."""
        distributor = self._api_get_distributor()
        distributor_sudo, currency = distributor.sudo(), distributor.currency_id
        terms = distributor._get_withdrawal_terms()
        return {
            'payable': money(distributor.payable_amount, currency),
            'obstacle': distributor_sudo._get_withdrawal_obstacle(),
            **{
                name: money_or_none(terms[name], currency)
                for name in ('smallest', 'largest', 'day_limit', 'fee_fixed')
            },
            'day_left': money(terms['day_left'], currency) if terms['day_limit'] else None,
            'count_limit': terms['count_limit'] or None,
            'fee_rate': f"{terms['fee_rate']:g}",
            'accounts': [
                {'id': own_sudo.id, 'name': own_sudo.display_name}
                for own_sudo in distributor_sudo._get_verified_accounts()],
            'channels': [
                {'id': own_sudo.id, 'name': own_sudo.name} for own_sudo in distributor_sudo._get_choosable_channels()],
        }

    @operation('POST', '/withdrawal-quotes', QUOTE, body=s.body(('account_id', 'channel_id'), **WISH), readonly=True)
    def api_withdrawal_quote(self, body):
        """Tell what a withdrawal would cost. Nothing is asked for yet."""
        distributor = self._api_get_distributor()
        return self._api_read_quote(distributor, distributor.sudo()._get_withdrawal_quote(*self._api_read_wish(body)))

    @operation(
        'POST', '/withdrawals', DETAILED, headers=IDEMPOTENCY, statuses=(201, 200),
        body=s.body(('account_id', 'channel_id', 'fee'), **WISH, fee=s.described(
            s.SENT_AMOUNT, "As the user has seen it in a quote. Needed where there is a fee, or a channel.")))
    def api_withdrawal_create(self, body, idempotency_key):
        """Ask for a withdrawal. 201: done; 200: it was asked for before under this key."""
        distributor_sudo = self._api_get_distributor().sudo()
        is_known = bool(distributor_sudo._find_withdrawal(idempotency_key))
        wish = self._api_read_wish(body, is_known)
        if not is_known:
            quote = distributor_sudo._get_withdrawal_quote(*wish)
            self._api_check_seen(distributor_sudo, quote, wish[2], body.get('fee'))
        withdrawal_sudo, is_new = distributor_sudo._request_withdrawal_once(idempotency_key, *wish)
        return self._api_read_detailed_withdrawal(withdrawal_sudo), 201 if is_new else 200

    @operation('GET', '/withdrawals/{withdrawal_id}', DETAILED)
    def api_withdrawal(self, withdrawal_id):
        """Show how far a withdrawal is."""
        return self._api_read_detailed_withdrawal(self._api_find(MODEL, withdrawal_id))

    @operation('DELETE', '/withdrawals/{withdrawal_id}', DETAILED)
    def api_withdrawal_delete(self, withdrawal_id):
        """Take a withdrawal back, as long as nothing was sent. The record stays."""
        withdrawal = self._api_find(MODEL, withdrawal_id)
        if withdrawal.state != 'cancelled' and not withdrawal._is_cancellable():
            raise UserError(request.env._("It is too late to take this back."))
        withdrawal.sudo()._cancel_by_distributor()
        return self._api_read_detailed_withdrawal(withdrawal)

    # === READING === #

    def _api_read_wish(self, body, is_known=False):
        """Return amount, account and channel; what is not offered to the user is refused.

        :param bool is_known: It was asked for before: what it names may not be offered any more, and is only compared.
        """
        distributor = self._api_get_distributor()
        chosen = [f'{kind}-{body[kind + "_id"]}' for kind in ('account', 'channel') if f'{kind}_id' in body]
        if len(chosen) > 1:
            raise Problem(422, 'invalid', request.env._("Choose an account or a channel, not both."))
        if is_known:
            named = ('distribution.payee.account', 'account_id'), ('distribution.payout.channel', 'channel_id')
            return parse_amount(body['amount']), *(
                request.env[model].sudo().browse(body.get(name, ())) for model, name in named)
        account_sudo, channel_sudo = self._find_payee_sudo(distributor, chosen[0] if chosen else None)
        if chosen and not (account_sudo or channel_sudo):
            raise Problem(422, 'invalid', request.env._("Choose one of those that the terms name."))
        return parse_amount(body['amount']), account_sudo, channel_sudo

    def _api_check_seen(self, distributor, quote, channel_sudo, fee):
        """As on the page: what is paid with a fee, or not in money, is asked for after it was seen.

        :raise Problem: with the quote.
        """
        if self._is_to_confirm(quote, channel_sudo, fee and str(parse_amount(fee))):
            raise Problem(
                409, 'fee-not-confirmed', request.env._("Show the fee first, and send it along."),
                quote=self._api_read_quote(distributor, quote))

    @staticmethod
    def _api_read_quote(distributor, quote):
        return {name: money(quote[name], distributor.currency_id) for name in ('amount', 'fee', 'net')}

    @staticmethod
    def _api_read_withdrawal(withdrawal):
        currency = withdrawal.currency_id
        return {
            'id': withdrawal.id,
            'number': withdrawal.name,
            'requested_at': time(withdrawal.requested_at),
            'state': withdrawal.state,
            'amount': money(withdrawal.amount, currency),
            'fee': money(withdrawal.fee_amount, currency),
            'net': money(withdrawal.net_amount, currency),
            'account': withdrawal.account_name or None,
            'reason': withdrawal.refusal_reason or None if withdrawal.state != 'paid' else None,
            'is_cancellable': withdrawal._is_cancellable(),
            'confirmation': withdrawal._get_confirmation(),
        }

    def _api_read_detailed_withdrawal(self, withdrawal):
        return {
            **self._api_read_withdrawal(withdrawal),
            'steps': [
                {'label': label, 'at': time(at), 'is_done': is_done} for label, at, is_done in withdrawal._get_steps()],
        }
