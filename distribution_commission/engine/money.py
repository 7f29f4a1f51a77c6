PPM = 1_000_000


def apply_rate(amount, rate_ppm):
    """Return a share of an amount, rounded half away from zero so that a refund mirrors its sale.

    >>> apply_rate(1999, 50_000), apply_rate(-1999, 50_000)
    (100, -100)
    >>> apply_rate(50, 10_000), apply_rate(49, 10_000)
    (1, 0)
    """
    return scale(amount, rate_ppm, PPM)


def scale(amount, numerator, denominator):
    """Return ``amount * numerator / denominator``, rounded half away from zero.

    >>> scale(100, 1, 3), scale(100, 2, 3), scale(-1, 1, 2)
    (33, 67, -1)
    """
    product = amount * numerator
    sign = -1 if (product < 0) != (denominator < 0) else 1
    quotient, remainder = divmod(abs(product), abs(denominator))
    return sign * (quotient + (2 * remainder >= abs(denominator)))


def allocate(total, weights):
    """Split a total over weights by largest remainder; the shares always add up to the total.

    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    >>> allocate(-5, [0, 10])
    [0, -5]

    :param int total: Of any sign.
    :param list[int] weights: Not negative, at least one positive unless the total is zero.
    :rtype: list[int]
    :raise ValueError: when there is something to split and nothing to split it over.
    """
    weights_sum = sum(weights)
    if not weights_sum:
        if total:
            raise ValueError("nothing to allocate to")
        return [0] * len(weights)
    sign, total = (-1, -total) if total < 0 else (1, total)
    shares, remainders = [], []
    for index, weight in enumerate(weights):
        quotient, remainder = divmod(total * weight, weights_sum)
        shares.append(quotient)
        remainders.append((-remainder, index))
    for _remainder, index in sorted(remainders)[:total - sum(shares)]:
        shares[index] += 1
    return [sign * share for share in shares]
