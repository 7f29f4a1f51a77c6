from .types import Month
from .withholding import withhold


def gross_up(method, table, net):
    """Return the first gross payment of a period of which this much is left; by the rounding there may be two: the larger one.

    :param int net:
    :rtype: int
    """
    def get_net(gross):
        return gross - withhold(method, table, [Month()], gross).tax

    low, high = net, net + 1
    while get_net(high) <= net:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if get_net(middle) <= net:
            low = middle
        else:
            high = middle
    return low
