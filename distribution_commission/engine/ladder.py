"""Ladders: what a distributor's own net sales of a period earn, shared over the sale lines that made them.

A line counts for one ladder: the first of the list that admits it. It counts only where the distributor
is credited with the sale itself, at tier 1; what anybody else sells never does.
"""
from typing import NamedTuple

from .accrual import NO_LIMITS, accrue
from .base import net_amounts
from .kinds import KINDS
from .kinds.bands import find_band
from .money import PPM, allocate, apply_rate, scale
from .scopes import find_mismatch, get_facts
from .types import Accrual


class Ladder(NamedTuple):
    """One ladder of a plan. Its steps ascend from 0, and each reaches to the next one's lower bound."""

    id: int
    period: str                 # 'day', 'week', 'month' or 'quarter': for people, sales come by period already
    method: str                 # 'marginal': each step pays on its part, 'whole': one step pays on everything
    steps: tuple                # of (lower bound in minor units, rate in ppm)
    scopes: tuple = ()          # as of a rule


class Entry(NamedTuple):
    """A sale line that counts for a ladder."""

    line_id: int
    distributor_id: int
    net: int                    # minor units, above 0
    trace: dict                 # of the line: base, quantity, tier, level_id, passed_over
    limits: tuple = ()          # what may not be exceeded on this line, as cuts without amounts


def admit(order, ladders):
    """Return which ladder each goods line of an order is for, and the ladders it stands before in vain.

    :param Order order:
    :param list[Ladder] ladders: Of one plan version, in order of precedence.
    :return: (ladder, losers) by line id; of lines that a ladder admits, worth something or not.
    :rtype: dict[int, tuple[Ladder, list]]
    """
    payee = _get_own(order)
    admitted = {}
    for line in order.lines if payee else ():
        losers = []
        for ladder in ladders if line.role == 'goods' else ():
            reason = find_mismatch(ladder.scopes, get_facts(line, payee))
            if not reason:
                admitted[line.id] = ladder, losers
                break
            losers.append([ladder.id, reason])
    return admitted


def get_entries(order, ladders, rules, *, kinds=KINDS, cap_ppm=PPM, limits=NO_LIMITS):
    """Return the lines of an order that count for ladders, as its documents stand now.

    What the rules earn on the order comes first: a ladder gets what the limits of the plan leave. An
    order below the least order counts for nothing.

    :param Order order:
    :param list[Ladder] ladders: Of one plan version, in order of precedence.
    :return: By ladder id; lines that are worth nothing are left out.
    :rtype: dict[int, list[Entry]]
    """
    nets = net_amounts(order.lines)
    if sum(net for net, _discount in nets.values()) < limits.min_order:
        return {}
    earned = accrue(order, rules, kinds=kinds, cap_ppm=cap_ppm, limits=limits)
    left = _share_order_limits(nets, earned, limits)
    lines = {line.id: line for line in order.lines}
    entries = {}
    for line_id, (ladder, losers) in sorted(admit(order, ladders).items()):
        line, (net, discount), payee = lines[line_id], nets[line_id], _get_own(order)
        if not net:
            continue
        taken = sum(accrual.amount for accrual in earned if accrual.line_id == line_id)
        entries.setdefault(ladder.id, []).append(Entry(line_id, payee.distributor_id, net, {
            'base': {'sold': line.sold, 'refunded': line.refunded, 'discount': discount, 'net': net},
            'quantity': line.quantity,
            'tier': payee.tier,
            'level_id': payee.level_id,
            'passed_over': losers,
        }, (*_get_line_limits(net, line.cost, taken, cap_ppm, limits), *left.get(line_id, ()))))
    return entries


def climb(ladder, entries):
    """Return what a ladder pays on the lines of one distributor's period: the target, not a change.

    What all of them earn together is shared in proportion to what each is worth, to the cent; then a
    line is cut to what the limits leave it, and nobody gets the difference. The order of lines does not
    matter.

    :param list[Entry] entries:
    :return: Sorted by line; none of zero.
    :rtype: list[Accrual]
    """
    entries = sorted(entries, key=lambda entry: entry.line_id)
    total = sum(entry.net for entry in entries)
    whole = reward(ladder, total)
    shares = allocate(whole, [entry.net for entry in entries])
    accruals = [
        _to_accrual(ladder, entry, total, share, share - whole * entry.net // total)
        for entry, share in zip(entries, shares, strict=True)
    ]
    return [accrual for accrual in accruals if accrual.amount]


def reward(ladder, total):
    """Return what a ladder gives on the sales of a period together.

    >>> steps = ((0, 50_000), (50_000_00, 80_000))
    >>> reward(Ladder(1, 'month', 'marginal', steps), 60_000_00), reward(Ladder(1, 'month', 'whole', steps), 60_000_00)
    (330000, 480000)

    :param int total: Not negative.
    :rtype: int
    """
    if ladder.method == 'whole':
        return apply_rate(total, find_band(ladder.steps, total))
    uppers = [*(lower for lower, _rate in ladder.steps[1:]), total]
    parts = [
        rate * max(0, min(total, upper) - lower)
        for (lower, rate), upper in zip(ladder.steps, uppers, strict=True)
    ]
    return scale(sum(parts), 1, PPM)


def evaluate_share(trace):
    """Compute a line's share again from nothing but its explanation, before any limit.

    :rtype: int
    """
    ladder, total = Ladder(**trace['ladder']), trace['sales']
    return reward(ladder, total) * trace['base']['net'] // total + trace['rounding']


def get_step(trace):
    """Return the step that the sales of a period reached, and what the ladder gives on all of them.

    >>> steps = ((0, 50_000), (50_000_00, 80_000))
    >>> trace = {'ladder': {'id': 1, 'period': 'month', 'method': 'marginal', 'steps': steps}, 'sales': 60_000_00}
    >>> get_step(trace)     # 5 % of 50,000 and 8 % of 10,000
    (5000000, 55000)

    :return: Its lower bound in minor units, and the rate in ppm, rounded down: on average, where each step
        pays on its part.
    :rtype: tuple[int, int]
    """
    ladder, total = Ladder(**trace['ladder']), trace['sales']
    lower, rate = max((lower, rate) for lower, rate in ladder.steps if lower <= total)
    return lower, rate if ladder.method == 'whole' else reward(ladder, total) * PPM // total


def _get_own(order):
    return next((payee for payee in order.payees if payee.tier == 1), None)


def _get_line_limits(net, cost, taken, cap_ppm, limits):
    """Return the limits of a line; what others earn on it is taken off them."""
    steps = [{'by': 'line', 'limit': apply_rate(net, cap_ppm), 'ppm': cap_ppm, 'taken': taken}]
    if limits.guards_margin and cost is not None:
        steps.append({'by': 'margin', 'limit': max(0, net - cost), 'cost': cost, 'taken': taken})
    return steps


def _share_order_limits(nets, earned, limits):
    """Return what the limits of the order leave for each line, in proportion to what it is worth.

    Shared beforehand, because the lines of one order may be for ladders of different periods.

    :rtype: dict[int, list[dict]]
    """
    lefts = []
    if limits.tier:
        lefts.append(limits.tier - sum(accrual.amount for accrual in earned if accrual.tier == 1))
    if limits.order:
        lefts.append(limits.order - sum(accrual.amount for accrual in earned))
    weights = [net for net, _discount in nets.values()]
    if not lefts or not sum(weights):
        return {}
    shares = allocate(max(0, min(lefts)), weights)
    return {line_id: [{'by': 'left', 'limit': share}] for line_id, share in zip(nets, shares, strict=True)}


def _to_accrual(ladder, entry, total, share, rounding):
    amount, cuts = share, []
    for step in entry.limits:
        left = max(0, step['limit'] - step.get('taken', 0))
        if amount > left:
            cuts.append({**step, 'how': 'proportional', 'amounts': [amount], 'position': 0})
            amount = left
    trace = {
        **entry.trace,
        'ladder': ladder._replace(scopes=())._asdict(),
        'sales': total,
        'rounding': rounding,
        'before_cap': share,
        **({'cuts': cuts} if cuts else {}),
        'amount': amount,
    }
    return Accrual(entry.line_id, entry.trace['tier'], entry.distributor_id, 0, entry.net, amount, trace)
