"""Which rule pays: the first of the list that admits the sale."""


def choose(rules, order, line, payee, kinds):
    """Return the first rule that pays a payee on a line, and the rules it stands before in vain.

    :param list[Rule] rules: In order of precedence.
    :return: The rule or None; those above it that are for the same tier, each with what did not
        hold: the name of a scope, 'date', or 'cost' where a kind needs a cost that nobody knows.
    :rtype: tuple[Rule|None, list]
    """
    losers = []
    facts = {**line.facts, 'level': [payee.level_id], 'distributor': [payee.distributor_id]}
    for rule in rules:
        if rule.tier == payee.tier:
            reason = _mismatch(rule, order, facts)
            if not reason and line.cost is None and 'cost' in kinds[rule.kind].needs:
                reason = 'cost'
            if not reason:
                return rule, losers
            losers.append([rule.id, reason])
    return None, losers


def _mismatch(rule, order, facts):
    for name, ids in rule.scopes:
        if ids.isdisjoint(facts.get(name) or ()):
            return name
    if order.ordered_at < rule.ordered_from or rule.ordered_until and order.ordered_at >= rule.ordered_until:
        return 'date'
    return ''
