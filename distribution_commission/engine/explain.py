from .kinds import KINDS
from .money import allocate, apply_rate


def evaluate(trace, *, kinds=KINDS):
    """Compute the amount again from nothing but its explanation.

    A trace holds: ``base`` (sold, refunded, discount, net), ``quantity``, ``tier``, ``level_id``,
    ``rule`` (id, kind, value), ``passed_over`` (rules before it, each with the reason),
    ``before_cap``, ``amount`` and, when the line was capped, ``cap`` (ppm, amount, the amounts of
    all tiers before it, and the position among them).

    :param dict trace:
    :return: Minor units; equals ``trace['amount']`` or the explanation is wrong.
    :rtype: int
    """
    base = trace['base']
    net = max(0, base['sold'] - base['refunded']) + base['discount']
    amount = kinds[trace['rule']['kind']].amount(trace['rule']['value'], net, trace['quantity'])
    if 'cap' not in trace:
        return amount
    cap = trace['cap']
    amounts = [*cap['amounts']]
    amounts[cap['position']] = amount
    return allocate(apply_rate(net, cap['ppm']), amounts)[cap['position']]
