"""Profit sharing of WeChat Pay against the fake platform."""
import pytest
from test_wechat_pay_client import APP_ID, MCHID, connect, fake, make_order

from distribution_wechat_client import Unreachable, pay

__all__ = ['fake']      # a fixture
OTHER = '1900000009'
ORDERS = '/v3/profitsharing/orders'


def make_payment(fake, number='SO-0001', amount=10_000, age=120, **changes):
    """Return the platform's number of a payment that was made two minutes ago."""
    client = connect(fake)
    client.prepare_native(make_order(number, amount)._replace(**{'is_shared': True, **changes}))
    fake.tell('pay', mchid=MCHID, number=number)
    fake.tell('age', mchid=MCHID, number=number, seconds=age)
    return client, client.get_order(number).platform_number


def make_share(fake, amount=1000, **changes):
    return pay.Share(pay.PERSON, fake.openid, amount, "佣金")._replace(**changes)


def add(client, fake, *accounts):
    client.add_receiver(APP_ID, pay.Receiver(pay.PERSON, fake.openid, None))
    for account in accounts:
        client.add_receiver(APP_ID, pay.Receiver(pay.MERCHANT, account, "茶叶有限公司"))


def get_money(fake):
    return [(entry['kind'], entry['amount']) for entry in fake.tell('money', mchid=MCHID)['money']][1:]


def test_a_payment_is_flagged_only_when_it_shall_be(fake):
    connect(fake).prepare_native(make_order())
    connect(fake).prepare_native(make_order('SO-0002')._replace(is_shared=True))
    bodies = [call['body'] for call in fake.calls('/v3/pay/transactions/native')]
    assert ['settle_info' in body for body in bodies] == [False, True]
    with pytest.raises(pay.PayRefused):     # the same data each time
        connect(fake).prepare_native(make_order('SO-0002'))


def test_a_payment_is_shared_and_its_rest_unfrozen(fake):
    client, payment = make_payment(fake)
    add(client, fake)
    done = client.create_sharing('P1', APP_ID, payment, [make_share(fake)])
    assert (done.state, done.results) == (
        'FINISHED', (pay.ShareResult(pay.PERSON, fake.openid, 1000, 'SUCCESS', ''),))
    assert client.create_sharing('P1', APP_ID, payment, [make_share(fake)]) == done == client.get_sharing('P1', payment)
    assert client.get_unsplit(payment) == 10_000 - 60 - 1000
    assert client.unfreeze('P1', payment, "完结").state == 'FINISHED'
    assert client.get_unsplit(payment) == 8940, "a used number does nothing"
    client.unfreeze('U1', payment, "完结")
    client.unfreeze('U1', payment, "完结")
    assert client.get_unsplit(payment) == 0
    with pytest.raises(pay.PayRefused, match="订单已完结分账"):
        client.create_sharing('P2', APP_ID, payment, [make_share(fake)])
    assert get_money(fake) == [('share', 1000), ('unfreeze', 8940)]


def test_each_receiver_has_its_own_result(fake):
    client, payment = make_payment(fake)
    client.add_receiver(APP_ID, pay.Receiver(pay.PERSON, fake.openid, "张三"))
    state = client.create_sharing('P1', APP_ID, payment, [
        make_share(fake), make_share(fake, kind=pay.MERCHANT, account=OTHER)])
    assert state.state == 'FINISHED'
    assert [(row.result, row.reason) for row in state.results] == [('SUCCESS', ''), ('CLOSED', 'NO_RELATION')]
    assert client.get_unsplit(payment) == 8940, "what failed stays frozen"


def test_what_waits_is_worked_on_later(fake):
    client, payment = make_payment(fake)
    add(client, fake)
    fake.tell('merchants', mchid=MCHID, share_waits=True)
    waiting = client.create_sharing('P1', APP_ID, payment, [make_share(fake)])
    assert (waiting.state, waiting.results[0].result) == ('PROCESSING', 'PENDING')
    fake.tell('sharing', mchid=MCHID, number='P1')
    assert client.get_sharing('P1', payment).results[0].result == 'SUCCESS'


@pytest.mark.parametrize('age, text', [(5, "订单处理中"), (30 * 86400 + 1, "订单已完结分账")])
def test_sharing_has_its_time(fake, age, text):
    client, payment = make_payment(fake, age=age)
    add(client, fake)
    with pytest.raises(pay.PayRefused, match=text):
        client.create_sharing('P1', APP_ID, payment, [make_share(fake)])
    assert client.get_unsplit(payment) == (9940 if age == 5 else 0)


def test_no_more_than_the_ratio_is_shared_altogether(fake):
    client, payment = make_payment(fake)
    add(client, fake)
    client.create_sharing('P1', APP_ID, payment, [make_share(fake, 2999)])
    with pytest.raises(pay.NotNow, match="超出最大分账比例"):
        client.create_sharing('P2', APP_ID, payment, [make_share(fake, 2)])
    client.create_sharing('P3', APP_ID, payment, [make_share(fake, 1)])
    assert get_money(fake) == [('share', 2999), ('share', 1)]


def test_what_was_refunded_is_not_shared(fake):
    client, payment = make_payment(fake)
    add(client, fake)
    client.create_refund('R1', 'SO-0001', 9000, 10_000, 'https://shop.example.com/pay')
    with pytest.raises(pay.NotNow, match="分账金额不足"):
        client.create_sharing('P1', APP_ID, payment, [make_share(fake, 1000)])
    client.create_refund('R2', 'SO-0001', 1000, 10_000, 'https://shop.example.com/pay')
    with pytest.raises(pay.PayRefused, match="全额退款"):
        client.create_sharing('P2', APP_ID, payment, [make_share(fake, 1)])
    assert client.get_unsplit(payment) == 0


def test_a_payment_without_the_flag_is_not_shared(fake):
    client, payment = make_payment(fake, is_shared=False)
    add(client, fake)
    with pytest.raises(pay.PayRefused, match="非分账订单不支持分账"):
        client.create_sharing('P1', APP_ID, payment, [make_share(fake)])


def test_a_number_is_good_for_one_sharing_and_a_payment_for_fifty(fake):
    client, payment = make_payment(fake, amount=1_000_000)
    add(client, fake)
    for number in range(50):
        client.create_sharing(f'P{number}', APP_ID, payment, [make_share(fake, 1)])
    with pytest.raises(pay.PayRefused, match="50 sharings"):
        client.create_sharing('P50', APP_ID, payment, [make_share(fake, 1)])
    with pytest.raises(pay.PayRefused, match="other data"):
        client.create_sharing('P0', APP_ID, payment, [make_share(fake, 2)])
    with pytest.raises(pay.UnknownNumber):
        client.get_sharing('P51', payment)
    shares = [make_share(fake, 1, kind=pay.MERCHANT, account=f'19000000{number:02}') for number in range(51)]
    for wrong in ([], shares, [make_share(fake), make_share(fake)]):
        with pytest.raises(ValueError, match="each once"):
            client.create_sharing('P51', APP_ID, payment, wrong)


@pytest.mark.parametrize('changes', [
    {'kind': 'ELSE'}, {'account': 'o1'}, {'amount': 0}, {'description': "佣" * 81}, {'kind': pay.MERCHANT, 'account': 'o1'}])
def test_the_platform_refuses_what_it_does_not_take(fake, changes):
    client, payment = make_payment(fake)
    with pytest.raises(pay.PayRefused):
        client.create_sharing('P1', APP_ID, payment, [make_share(fake, **changes)])
    assert fake.tell('sharing', mchid=MCHID)['sharings'] == {}


def test_receivers_come_and_go_and_a_merchant_has_a_name(fake):
    client = connect(fake)
    add(client, fake, OTHER)
    add(client, fake, OTHER)
    assert fake.tell('sharing', mchid=MCHID)['receivers'] == {
        f'{APP_ID} PERSONAL_OPENID {fake.openid}': None, f'{APP_ID} MERCHANT_ID {OTHER}': "茶叶有限公司"}
    assert "茶叶" not in str(fake.log['calls'])
    client.delete_receiver(APP_ID, pay.Receiver(pay.MERCHANT, OTHER, None))
    assert list(fake.tell('sharing', mchid=MCHID)['receivers']) == [f'{APP_ID} PERSONAL_OPENID {fake.openid}']
    with pytest.raises(pay.PayRefused, match="name"):
        client.add_receiver(APP_ID, pay.Receiver(pay.MERCHANT, OTHER, None))


def test_a_merchant_gives_back_and_a_person_does_not(fake):
    client, payment = make_payment(fake)
    add(client, fake, OTHER)
    client.create_sharing('P1', APP_ID, payment, [make_share(fake), make_share(fake, kind=pay.MERCHANT, account=OTHER)])
    with pytest.raises(pay.NotNow, match="agreed"):
        client.create_return('B1', 'P1', OTHER, 400, "退回")
    fake.tell('merchants', mchid=MCHID, consents=[OTHER, fake.openid])
    done = client.create_return('B1', 'P1', OTHER, 400, "退回")
    assert (done.result, done.amount) == ('SUCCESS', 400)
    assert client.create_return('B1', 'P1', OTHER, 400, "退回") == done == client.get_return('B1', 'P1')
    for number, account, amount in (('B2', OTHER, 601), ('B3', fake.openid, 1), ('B1', OTHER, 401)):
        with pytest.raises(pay.PayRefused):
            client.create_return(number, 'P1', account, amount, "退回")
    with pytest.raises(pay.UnknownNumber):
        client.get_return('B9', 'P1')
    fake.tell('merchants', mchid=MCHID, share_faults={OTHER: 'BALANCE_NOT_ENOUGH'})
    assert client.create_return('B4', 'P1', OTHER, 600, "退回")[2:] == ('FAILED', 600, 'BALANCE_NOT_ENOUGH')
    assert get_money(fake) == [('share', 1000), ('share', 1000), ('return', 400)]
    assert client.get_unsplit(payment) == 10_000 - 60 - 2000, "what came back is not shared again"


@pytest.mark.parametrize('read, data', [
    (pay.read_sharing, {'out_order_no': 'X', 'transaction_id': 'T', 'state': 'FINISHED'}),
    (pay.read_sharing, {'out_order_no': 'N', 'transaction_id': 'X', 'state': 'FINISHED'}),
    (pay.read_sharing, {'out_order_no': 'N', 'transaction_id': 'T', 'state': 'ELSE'}),
    (pay.read_sharing, {'out_order_no': 'N', 'transaction_id': 'T', 'state': 'FINISHED', 'receivers': [1]}),
    (pay.read_sharing, {'out_order_no': 'N', 'transaction_id': 'T', 'state': 'FINISHED', 'receivers': [
        {'type': 'T', 'account': 'A', 'amount': '1', 'result': 'SUCCESS'}]}),
    (pay.read_sharing, {'out_order_no': 'N', 'transaction_id': 'T', 'state': 'FINISHED', 'receivers': [
        {'type': 'T', 'account': 'A', 'amount': 1, 'result': 'ELSE'}]}),
    (pay.read_return, {'out_return_no': 'N', 'out_order_no': 'X', 'result': 'SUCCESS', 'amount': 1}),
    (pay.read_return, {'out_return_no': 'N', 'out_order_no': 'T', 'result': 'ELSE', 'amount': 1}),
    (pay.read_return, {'out_return_no': 'N', 'out_order_no': 'T', 'result': 'SUCCESS', 'amount': True})])
def test_an_answer_that_makes_no_sense_leaves_the_outcome_unknown(read, data):
    with pytest.raises(Unreachable):
        read(data, 'N', 'T')


def test_a_lost_answer_is_found_by_its_number(fake):
    client, payment = make_payment(fake)
    add(client, fake)
    fake.tell('faults', path=ORDERS, status=502, after=True)
    with pytest.raises(Unreachable):
        client.create_sharing('P1', APP_ID, payment, [make_share(fake)])
    assert client.get_sharing('P1', payment).results[0].result == 'SUCCESS'
    client.create_sharing('P1', APP_ID, payment, [make_share(fake)])
    assert get_money(fake) == [('share', 1000)]
