"""Which rule pays: the first of the list that admits the sale."""


def choose(rules, order, line, payee, kinds):
    """Return the first rule that pays a payee on a line, and the rules it stands before in vain.

    :param list[Rule] rules: In order of precedence.
    :return: The rule or None; those above it that are for the same tier, each with what did not
        hold: the name of a scope, 'date', or 'cost' where a kind needs a cost that nobody knows.
    :rtype: tuple[Rule|None, list]
    """
    losers = []
    facts = get_facts(line, payee)
    for rule in rules:
        if rule.tier == payee.tier:
            reason = _mismatch(rule, order, facts)
            if not reason and line.cost is None and 'cost' in kinds[rule.kind].needs:
                reason = 'cost'
            if not reason:
                return rule, losers
            losers.append([rule.id, reason])
    return None, losers


def get_facts(line, payee):
    """Return what scopes ask for of a line and the one who may earn on it, by name.

    :rtype: dict[str, list[int]]
    """
    return {**line.facts, 'level': [payee.level_id], 'distributor': [payee.distributor_id]}


def find_mismatch(scopes, facts):
    """Return the name of the first scope that does not hold, '' when all do.

    :param tuple scopes: See `Rule`.
    :param dict facts: See `get_facts`.
    :rtype: str
    """
    return next((name for name, ids in scopes if ids.isdisjoint(facts.get(name) or ())), '')


def _mismatch(rule, order, facts):
    if name := find_mismatch(rule.scopes, facts):
        return name
    if order.ordered_at < rule.ordered_from or rule.ordered_until and order.ordered_at >= rule.ordered_until:
        return 'date'
    return ''
