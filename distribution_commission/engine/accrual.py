from .base import net_amounts
from .kinds import KINDS
from .money import PPM, allocate, apply_rate
from .types import Accrual


def accrue(order, rules, *, kinds=KINDS, cap_ppm=PPM):
    """Return the commissions of an order as its documents stand now: the target, not a change.

    At each tier the first rule in the list whose scope admits the line pays; the list is the
    precedence. What all tiers of a line earn together is cut down in proportion when it exceeds
    the cap.

    :param Order order:
    :param list[Rule] rules: Of one plan version, in order of precedence.
    :param dict kinds: Rule kinds by code.
    :param int cap_ppm: The highest share of a line's base that is paid.
    :return: At most one accrual for a line and tier; none of zero.
    :rtype: list[Accrual]
    """
    accruals = []
    for line, (base, discount_share) in _goods(order):
        earned = [
            _earn(line, base, discount_share, payee, rules, kinds)
            for payee in order.payees
        ]
        accruals += _capped([accrual for accrual in earned if accrual], base, cap_ppm)
    return [accrual for accrual in accruals if accrual.amount]


def _goods(order):
    nets = net_amounts(order.lines)
    return [(line, nets[line.id]) for line in order.lines if line.id in nets]


def _earn(line, base, discount_share, payee, rules, kinds):
    losers = []
    for rule in rules:
        reason = _mismatch(rule, line, payee)
        if not reason:
            amount = kinds[rule.kind].amount(rule.value, base, line.quantity)
            trace = {
                'base': {'sold': line.sold, 'refunded': line.refunded, 'discount': discount_share, 'net': base},
                'quantity': line.quantity,
                'tier': payee.tier,
                'level_id': payee.level_id,
                'rule': {'id': rule.id, 'kind': rule.kind, 'value': rule.value},
                'passed_over': losers,
                'before_cap': amount,
                'amount': amount,
            }
            return Accrual(line.id, payee.tier, payee.distributor_id, rule.id, base, amount, trace)
        if reason != 'tier':
            losers.append([rule.id, reason])
    return None


def _mismatch(rule, line, payee):
    if rule.tier != payee.tier:
        return 'tier'
    if rule.level_id and rule.level_id != payee.level_id:
        return 'level'
    if rule.template_id and rule.template_id != line.template_id:
        return 'product'
    if rule.category_id and f'/{rule.category_id}/' not in line.category_path:
        return 'category'
    return ''


def _capped(accruals, base, cap_ppm):
    amounts = [accrual.amount for accrual in accruals]
    cap = apply_rate(base, cap_ppm)
    if sum(amounts) <= cap:
        return accruals
    return [
        accrual._replace(amount=share, trace={
            **accrual.trace,
            'cap': {'ppm': cap_ppm, 'amount': cap, 'amounts': amounts, 'position': position},
            'amount': share,
        })
        for position, (accrual, share) in enumerate(zip(accruals, allocate(cap, amounts), strict=True))
    ]
