"""A WeChat platform for tests: `python wechat_server.py [--port N]` serves it on the loopback.

Official accounts and mini programs as `wechat_official` and `wechat_mini` answer them, WeChat Pay
(`wechat_pay`), and the pusher of messages (`wechat_pusher`). It shares no code with the
client in `distribution_wechat`. It prints `PORT` when it is ready, and ends with its standard input.

Tests steer it by `POST /_control/…` (`reset`, `accounts`, `people`, `browser`, `consents`, `codes`,
`faults`, `calm`, `clock`, `push`, `verify`, `merchants`, `transfer`, `pay`, `refund`, `shipping`,
`authorization`, `sharing`, `withdraw`, `age`, `notice`) and read `GET /_control/log`: calls, violations (faults of the
client that the platform would forgive), messages, pushes.
"""
import argparse
import json
import sys
import threading
import time
from fnmatch import fnmatchcase

import wechat_mini  # noqa: F401  declares its endpoints
import wechat_official
import wechat_pay
import wechat_pay_authorization
import wechat_pay_notice
import wechat_pay_order
import wechat_pay_sharing
import wechat_pay_statement
import wechat_pay_transfer
import wechat_pusher
import wechat_shipping  # noqa: F401  declares its endpoints
from wechat_api import answer_json, handle
from wechat_state import Account, Person, State
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

_CONTROL = '/_control/'
_WRONG = {'status', 'errcode', 'text'}


class Server:
    """One platform, reset between tests."""

    def __init__(self):
        self.lock = threading.RLock()
        self.reset()

    def reset(self, **_nothing):
        self.state = State()
        self.state.merchants = {}

    # -- requests

    def __call__(self, environ, start_response):
        request = Request(environ)
        return self.answer(request)(environ, start_response)

    def answer(self, request):
        if request.path.startswith(_CONTROL):
            return self.control(request)
        fault = self.take_fault(request.path) or {}
        time.sleep(fault.get('seconds', 0))
        fails = not _WRONG.isdisjoint(fault)
        if 'late' in fault:
            self.serve_late(request, fault['late'])
        if not fails or fault.get('after'):
            with self.lock:
                response = self.serve(request)
                self.log(request, response)
        return self.fail(request, fault) if fails else response

    def serve(self, request):
        pages = {wechat_official.AUTHORIZE: wechat_official.authorize, '/cgi-bin/showqrcode': wechat_official.show_qr}
        if request.method == 'GET' and request.path in pages:
            return pages[request.path](self.state, request)
        if request.path.startswith(wechat_pay.PREFIX):
            return wechat_pay.handle(self.state, request)
        return handle(self.state, request)

    def serve_late(self, request, seconds):
        """Carry a call out a while after its client has heard of a failure."""
        request.get_data()

        def serve():
            with self.lock:
                self.log(request, self.serve(request))

        threading.Timer(seconds, serve).start()

    def log(self, request, response):
        text = response.get_data(as_text=False) if response.is_sequence else b''
        self.state.calls.append({
            'method': request.method, 'path': request.path, 'query': request.args.to_dict(),
            'body': request.get_data(as_text=True), 'status': response.status_code,
            'answer': text[:2000].decode(errors='replace')})

    # -- faults

    def take_fault(self, path):
        """Return the fault that the next call of a path shall meet, and use it up."""
        with self.lock:
            for fault in self.state.faults:
                is_met = fnmatchcase(path, fault['path'])
                if is_met and fault.get('skip', 0) <= 0 < fault.get('times', 1):
                    fault['times'] = fault.get('times', 1) - 1
                    return fault
                if is_met:
                    fault['skip'] = fault.get('skip', 0) - 1
        return None

    def fail(self, request, fault):
        """Answer wrongly: with a `status`, a `location`, an `errcode`, any `text`.

        `seconds` alone only let it wait. With `after` the call was carried out all the same, with `late` it
        is so many seconds later: the client cannot know.
        """
        if 'errcode' in fault:
            response = answer_json({'errcode': fault['errcode'], 'errmsg': fault.get('errmsg', 'told to fail')})
        else:
            headers = {'Location': fault['location']} if 'location' in fault else {}
            response = Response(fault.get('text', '<html>502</html>'), fault.get('status', 502), headers)
        if not fault.get('after'):
            with self.lock:
                self.log(request, response)
        return response

    # -- control

    def control(self, request):
        name = request.path.removeprefix(_CONTROL)
        order = json.loads(request.get_data() or b'{}')
        if name in ('push', 'verify'):      # not under the lock: the server may call back
            return answer_json(getattr(wechat_pusher, name)(self.state, order))
        if name == 'notice':
            return answer_json(wechat_pay_notice.send(self.state, order))
        with self.lock:
            return answer_json(getattr(self, f'control_{name}')(**order) or {})

    def control_reset(self):
        self.reset()

    def control_accounts(self, **values):
        """Make an account, or change one."""
        account = self.state.accounts.get(values['appid'])
        if not account:
            self.state.accounts[values['appid']] = Account(**values)
        else:
            for name, value in values.items():
                setattr(account, name, value)

    def control_people(self, **values):
        person = self.state.people[values['name']] = Person(**values)
        return {'openids': {appid: person.openid(account) for appid, account in self.state.accounts.items()}}

    def control_browser(self, person):
        """Let this person open the pages from now on."""
        self.state.browser = person

    def control_consents(self, appid, person, template, times=1):
        self.state.people[person].consents[f'{appid} {template}'] = times

    def control_codes(self, kind, appid, person, **facts):
        """Make a code as the app does: `login`, `phone` (mini program) or `web`."""
        return {'code': self.state.issue_code(kind, self.state.accounts[appid], self.state.people[person], **facts)}

    def control_faults(self, **fault):
        self.state.faults.append(fault)

    def control_calm(self):
        """Let nothing fail any more."""
        self.state.faults.clear()

    def control_clock(self, seconds):
        self.state.clock += seconds

    def control_merchants(self, **values):
        """Make a merchant, or change one."""
        merchant = self.state.merchants.get(values['mchid'])
        if not merchant or 'public_key' in values:
            self.state.merchants[values['mchid']] = wechat_pay.Merchant(**values)
        else:
            for name, value in values.items():
                setattr(merchant, name, value)

    def control_transfer(self, mchid, number, states, reason='', hours=0):
        """Let a transfer go on, as its payee or the platform wants, or grow old."""
        merchant = self.state.merchants[mchid]
        merchant.bills[number]['created'] -= hours * 3600
        for target in states:
            wechat_pay_transfer.move(self.state, merchant, merchant.bills[number], target, reason)

    def control_authorization(self, mchid, number, state, reason=''):
        """Let a person consent, or end the consent."""
        wechat_pay_authorization.move(self.state.merchants[mchid].authorizations[number], state, reason)

    def control_pay(self, mchid, number, openid='oSomebody', is_tried=False):
        """Let somebody pay, or (`is_tried`) try to pay what may be closed; return whether it was paid."""
        merchant = self.state.merchants[mchid]
        if is_tried and merchant.orders[number]['state'] != 'NOTPAY':
            return {'paid': False}
        wechat_pay_order.pay(self.state, merchant, number, openid)
        return {'paid': True}

    def control_refund(self, mchid, number, state='SUCCESS'):
        wechat_pay_order.settle_refund(self.state, self.state.merchants[mchid], number, state)

    def control_withdraw(self, mchid, number, amount):
        """Let the merchant take money to the bank."""
        self.state.merchants[mchid].money.append(
            {'kind': 'withdrawal', 'number': number, 'amount': amount, 'openid': '', 'time': self.state.now()})

    def control_age(self, mchid, seconds, number=None):
        """Let what was paid so far have been paid earlier, or one order."""
        merchant = self.state.merchants[mchid]
        if number:
            merchant.orders[number]['paid'] -= seconds
            return
        for entry in merchant.money:
            entry['time'] -= seconds

    def control_shipping(self, mchid, number, state):
        """Let a delivery be received (3), complete (4), …"""
        self.state.merchants[mchid].orders[number]['shipping_state'] = state

    def control_sharing(self, mchid, number=None):
        """Work on a sharing or a return that waits; tell what is frozen and what was asked for."""
        return wechat_pay_sharing.work(self.state, self.state.merchants[mchid], number)

    def control_money(self, mchid):
        """Return what was really paid, and what is under way."""
        merchant = self.state.merchants[mchid]
        return {
            'money': merchant.money, 'balance': merchant.balance,
            'account': wechat_pay_statement.get_balance(merchant),
            'bills': {number: bill['state'] for number, bill in merchant.bills.items()},
            'orders': {number: order['state'] for number, order in merchant.orders.items()},
            'shippings': {
                number: order['shipping'] for number, order in merchant.orders.items() if order.get('shipping')},
            'refunds': {number: item['state'] for number, item in merchant.refunds.items()}}

    def control_tokens(self, appid):
        """Take the tokens of an account away, as a forced refresh elsewhere does."""
        self.state.accounts[appid].tokens.clear()

    def control_log(self):
        state = self.state
        return {
            'calls': state.calls, 'violations': state.violations, 'messages': state.messages, 'pushes': state.pushes,
            'token_fetches': {appid: account.token_fetches for appid, account in state.accounts.items()}}


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """What was asked is in the log that tests read."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--port', type=int, default=0)
    server = make_server('127.0.0.1', parser.parse_args().port, Server(), threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()        # until whoever started it is gone
    server.shutdown()


if __name__ == '__main__':
    main()
