from .types import Bracket, Month, Table, Withholding


def withhold(method, table, history, amount):
    """Return what is withheld from a payment: the tax on the period with it, less what was withheld before.

    Splitting a payment changes nothing: the last part makes up for the others. Nothing is ever given
    back with a payment, and no more is withheld than is paid; the rest waits for the next payment of
    the period. Only a payment that is taken back (a negative amount) takes its tax back, where the
    method lets it.

    :param type method: See `METHODS`.
    :param Table table:
    :param Sequence[Month] history: The months of the year so far, the last one the month of the
        payment; without the payment itself.
    :param int amount: Gross.
    :rtype: Withholding
    """
    *earlier, current = history[-1:] if method.period == 'month' else history
    months = (*earlier, current._replace(income=current.income + amount))
    due = method.due(table, months)
    before = sum(month.withheld for month in months)
    tax = due.tax - before
    if amount >= 0:
        tax = min(max(tax, 0), amount)
    elif method.gives_back:
        tax = max(min(tax, 0), amount)
    else:
        tax = 0
    return Withholding(tax, sum(month.income for month in months), before, due)


def explain(method, table, history, amount):
    """Return what is withheld with everything it follows from, as plain values (see `replay`).

    :rtype: dict
    """
    result = withhold(method, table, history, amount)
    return {
        'method': method.code,
        'table': {**table._asdict(), 'brackets': [list(bracket) for bracket in table.brackets]},
        'history': [list(month) for month in history],
        'amount': amount,
        'income': result.income,
        'before': result.before,
        **{f'due_{name}': value for name, value in result.due._asdict().items()},
        'tax': result.tax,
    }


def replay(trace, methods):
    """Compute the tax again from nothing but its explanation.

    :return: Equals ``trace['tax']``, or the explanation is wrong.
    :rtype: int
    """
    figures = trace['table']
    table = Table(**{**figures, 'brackets': tuple(Bracket(*bracket) for bracket in figures['brackets'])})
    history = [Month(*month) for month in trace['history']]
    return withhold(methods[trace['method']], table, history, trace['amount']).tax
