PPM = 1_000_000


def get_quick_deductions(brackets):
    """Return the quick deduction (速算扣除数) of each bracket, exact, as multiples of 1 / PPM.

    Base × rate − quick deduction is the same as adding up the slices: it follows from the brackets
    and is not a figure of its own.

    >>> [quick // PPM for quick in get_quick_deductions([(0, 200_000), (20_000, 300_000), (50_000, 400_000)])]
    [0, 2000, 7000]
    """
    quicks, last_rate = [], 0
    for above, rate_ppm in brackets:
        quicks.append((quicks[-1] if quicks else 0) + above * (rate_ppm - last_rate))
        last_rate = rate_ppm
    return quicks


def get_bracket(brackets, base):
    """Return (rate, quick deduction as a multiple of 1 / PPM) of a base; a bracket ends with its bound.

    :param int base: As a multiple of 1 / PPM.
    """
    found = (0, 0)
    if base > 0:
        for (above, rate_ppm), quick in zip(brackets, get_quick_deductions(brackets), strict=True):
            if base > above * PPM:
                found = (rate_ppm, quick)
    return found


def get_tax(brackets, base):
    """Return the tax on an exact base, rounded half up.

    :param int base: As a multiple of 1 / PPM.
    :return: The tax, the rate and the quick deduction, the last two to be shown.
    :rtype: tuple[int, int, int]
    """
    rate_ppm, quick = get_bracket(brackets, base)
    return round_half_up(base * rate_ppm - quick * PPM, PPM * PPM), rate_ppm, round_half_up(quick, PPM)


def round_half_up(numerator, denominator):
    """Return the quotient, rounded; halves away from zero.

    >>> round_half_up(1, 2), round_half_up(-1, 2), round_half_up(1, 3)
    (1, -1, 0)
    """
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (2 * remainder >= denominator)
    return rounded if numerator >= 0 else -rounded
