"""What is never exceeded. Each limit that bites leaves a cut in the trace, from which it is computed again."""
from .money import allocate, apply_rate


def cut(limit, amounts, how):
    """Bring amounts down to a limit on their sum.

    >>> cut(30, [24, 12], 'proportional'), cut(30, [24, 12], 'upper_first'), cut(99, [24, 12], 'upper_first')
    ([20, 10], [24, 6], [24, 12])

    :param int limit: Not negative.
    :param list[int] amounts: Lower tiers first.
    :param str how: 'proportional', or 'upper_first': who comes last gives way first.
    :rtype: list[int]
    """
    if sum(amounts) <= limit:
        return amounts
    if how == 'proportional':
        return allocate(limit, amounts)
    kept = []
    for amount in amounts:
        kept.append(min(amount, limit - sum(kept)))
    return kept


def capped(accruals, costs, cap_ppm, limits):
    """Apply the limits: of each line, then of each tier, then of the order.

    :param list[Accrual] accruals: Of one order.
    :param dict costs: By line id; None where nobody knows.
    :return: The accruals, sorted by line and tier.
    :rtype: list[Accrual]
    """
    accruals = [
        accrual
        for line_id, on_line in _grouped(accruals, 'line_id')
        for accrual in _capped_line(on_line, costs[line_id], cap_ppm, limits)
    ]
    if limits.tier:
        accruals = [
            accrual
            for _tier, of_tier in _grouped(accruals, 'tier')
            for accrual in _limited(of_tier, 'tier', limits.tier, 'proportional')
        ]
    if limits.order:
        accruals = _limited(accruals, 'order', limits.order, limits.cut)
    return sorted(accruals, key=lambda accrual: (accrual.line_id, accrual.tier))


def _capped_line(accruals, cost, cap_ppm, limits):
    base = accruals[0].base
    accruals = _limited(accruals, 'line', apply_rate(base, cap_ppm), limits.cut, ppm=cap_ppm)
    if limits.guards_margin and cost is not None:
        accruals = _limited(accruals, 'margin', max(0, base - cost), limits.cut, cost=cost)
    return accruals


def _grouped(accruals, name):
    groups = {}
    for accrual in accruals:
        groups.setdefault(getattr(accrual, name), []).append(accrual)
    return groups.items()


def _limited(accruals, by, limit, how, **reason):
    """Return the accruals, cut down to a limit on their sum; lower tiers come first."""
    accruals = sorted(accruals, key=lambda accrual: (accrual.tier, accrual.line_id))
    amounts = [accrual.amount for accrual in accruals]
    if sum(amounts) <= limit:
        return accruals
    step = {'by': by, 'limit': limit, 'how': how, 'amounts': amounts, **reason}
    return [
        accrual._replace(amount=amount, trace={
            **accrual.trace,
            'cuts': [*accrual.trace.get('cuts', ()), {**step, 'position': position}],
            'amount': amount,
        })
        for position, (accrual, amount) in enumerate(zip(accruals, cut(limit, amounts, how), strict=True))
    ]
