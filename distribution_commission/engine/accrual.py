from .base import net_amounts
from .caps import capped
from .kinds import KINDS
from .money import PPM
from .scopes import choose
from .types import Accrual, Limits, Sale

NO_LIMITS = Limits()


def accrue(order, rules, *, kinds=KINDS, cap_ppm=PPM, limits=NO_LIMITS):
    """Return the commissions of an order as its documents stand now: the target, not a change.

    At each tier the first rule in the list that admits the line pays; the list is the precedence.
    What is earned then is cut down to the limits of the plan. The order of lines does not matter.

    :param Order order:
    :param list[Rule] rules: Of one plan version, in order of precedence.
    :param dict kinds: Rule kinds by code.
    :param int cap_ppm: The highest share of a line's base that is paid, all tiers together.
    :param Limits limits: The other limits.
    :return: At most one accrual for a line and tier, sorted by line and tier; none of zero.
    :rtype: list[Accrual]
    """
    nets = net_amounts(order.lines)
    if sum(net for net, _discount in nets.values()) < limits.min_order:
        return []
    lines = sorted((line for line in order.lines if line.id in nets), key=lambda line: line.id)
    choices = {
        (line.id, payee.tier): choose(rules, order, line, payee, kinds)
        for line in lines for payee in order.payees
    }
    sales = _sales(order, lines, nets, choices)
    accruals = [
        accrual
        for line in lines
        for accrual in _earn(line, order.payees, nets[line.id], choices, sales, kinds)
    ]
    return [
        accrual
        for accrual in capped(accruals, {line.id: line.cost for line in lines}, cap_ppm, limits)
        if accrual.amount
    ]


def _sales(order, lines, nets, choices):
    """Return what each line is to the rule that pays it: alone, and together with what else it pays.

    Bands and amounts per order go by the lines that the same rule pays to the same tier, so that
    a line never counts for a rate that it does not get.

    :rtype: dict[tuple[int, int], Sale]
    """
    whole = net_amounts([line._replace(refunded=0) for line in order.lines])
    admitted = {}
    for line in lines:
        for payee in order.payees:
            rule, _losers = choices[line.id, payee.tier]
            if rule:
                admitted.setdefault((payee.tier, rule.id), []).append(line)
    sales = {}
    for (tier, _rule_id), together in admitted.items():
        total = sum(nets[line.id][0] for line in together)
        quantity = sum(line.quantity for line in together)
        shares = [whole[line.id][0] for line in together]
        for position, line in enumerate(together):
            sales[line.id, tier] = Sale(
                nets[line.id][0], line.quantity, line.cost, total, quantity, shares, position)
    return sales


def _earn(line, payees, base, choices, sales, kinds):
    """Yield what a line earns each payee, lower tiers first: what they earn may lower the others'."""
    net, discount = base
    below = {}
    for payee in sorted(payees):
        rule, losers = choices[line.id, payee.tier]
        if not rule:
            continue
        sale = sales[line.id, payee.tier]._replace(below=below.get(rule.kind, 0))
        amount = kinds[rule.kind].amount(rule, sale)
        below[rule.kind] = below.get(rule.kind, 0) + amount
        if amount:
            trace = {
                'base': {'sold': line.sold, 'refunded': line.refunded, 'discount': discount, 'net': net},
                'quantity': line.quantity,
                'tier': payee.tier,
                'level_id': payee.level_id,
                'rule': {'id': rule.id, 'kind': rule.kind, 'value': rule.value, 'bands': rule.bands},
                'sale': {name: getattr(sale, name) for name in kinds[rule.kind].needs},
                'passed_over': losers,
                'before_cap': amount,
                'amount': amount,
            }
            yield Accrual(line.id, payee.tier, payee.distributor_id, rule.id, net, amount, trace)
