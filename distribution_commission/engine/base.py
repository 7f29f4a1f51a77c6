from .money import allocate


def net_amounts(lines):
    """Return what each goods line is worth after refunds and its share of the order's discounts.

    A discount line is shared over the goods in proportion to what they were sold for, so that the
    shares add up to the discount to the cent. No line becomes negative: what a discount exceeds
    the goods by is lost.

    :param tuple[SaleLine] lines: Of one order; their sequence does not matter.
    :return: (net, discount share) by line id, in minor units; goods lines only.
    :rtype: dict[int, tuple[int, int]]
    """
    goods = sorted((line for line in lines if line.role == 'goods'), key=lambda line: line.id)
    nets = [max(0, line.sold - line.refunded) for line in goods]
    discount = sum(line.sold - line.refunded for line in lines if line.role == 'discount')
    discount = max(min(0, discount), -sum(nets))
    shares = allocate(discount, nets)
    return {line.id: (net + share, share) for line, net, share in zip(goods, nets, shares, strict=True)}
