from .caps import cut
from .kinds import KINDS
from .ladder import evaluate_share
from .money import apply_rate
from .types import Rule, Sale


def evaluate(trace, *, kinds=KINDS):
    """Compute the amount again from nothing but its explanation.

    A trace holds: ``base`` (sold, refunded, discount, net), ``quantity``, ``tier``, ``level_id``,
    ``rule`` (id, kind, value, bands), ``sale`` (what else the kind looked at: see `Sale`),
    ``passed_over`` (rules before it, each with the reason), ``before_cap``, ``amount`` and, when a
    limit was exceeded, ``cuts``: each with what exceeded it (``by``), the ``limit`` and what it
    follows from, ``how`` it was shared, the ``amounts`` before it and the ``position`` among them.
    That of a ladder holds ``ladder`` (id, period, method, steps), ``sales`` of the period together and
    ``rounding`` (the cent that largest remainder gave) in the place of ``rule`` and ``sale``; what others
    earned on the line is ``taken`` off the limit of a cut.

    :param dict trace: Also of a former edition, which had one ``cap`` and neither ``sale`` nor bands.
    :return: Minor units; equals ``trace['amount']`` or the explanation is wrong.
    :rtype: int
    """
    base = trace['base']
    net = max(0, base['sold'] - base['refunded']) + base['discount']
    amount = evaluate_share(trace) if 'ladder' in trace else _evaluate_rule(trace, net, kinds)
    for step in get_cuts(trace):
        amounts = [*step['amounts']]
        amounts[step['position']] = amount
        amount = cut(_get_limit(step, net), amounts, step['how'])[step['position']]
    return amount


def get_cuts(trace):
    """Return the cuts of a trace, also of one of a former edition.

    :rtype: list[dict]
    """
    if 'cap' in trace:
        cap = trace['cap']
        return [{**cap, 'by': 'line', 'limit': cap['amount'], 'how': 'proportional'}]
    return trace.get('cuts', [])


def _evaluate_rule(trace, net, kinds):
    terms = trace['rule']
    rule = Rule(terms['id'], trace['tier'], terms['kind'], terms['value'], bands=terms.get('bands') or ())
    return kinds[rule.kind].amount(rule, Sale(net, trace['quantity'], **trace.get('sale', {})))


def _get_limit(step, net):
    if step['by'] == 'line':
        limit = apply_rate(net, step['ppm'])
    elif step['by'] == 'margin':
        limit = max(0, net - step['cost'])
    else:
        limit = step['limit']
    return max(0, limit - step.get('taken', 0))
