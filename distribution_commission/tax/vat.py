from .brackets import PPM, round_half_up


def split_vat(amount, threshold, rate_ppm):
    """Return (VAT, income without it) of what a natural person gets, VAT included.

    Below the threshold there is no VAT, and nothing is deducted from the income; from the threshold on
    all of it is taxed.
    Sources: VAT law of the PRC Art. 9, 11, 23 (in force since 2026-01-01: "at or above the threshold taxed
    in full"; an amount that equals it is not settled by practice yet). Threshold 1,000 a time, 100,000 a
    month, reduced rate 1 %: until 2027-12-31.
    """
    sales = round_half_up(amount * PPM, PPM + rate_ppm)
    if sales < threshold:
        return 0, amount
    return amount - sales, sales
