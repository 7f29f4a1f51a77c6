from odoo import api, fields, models

# The places that money of a distributor can be in. A change of state is a transfer between two.
BUCKETS = [
    ('merchant', "Merchant"),       # where commissions come from and clawbacks go back to
    ('pending', "Pending"),         # earned, until delivered and over the hold
    ('available', "Available"),     # waits for settlement
    ('held', "Held"),               # under review
    ('payable', "Payable"),         # settled: may be withdrawn
    ('reserved', "In Payout"),      # in a withdrawal
    ('paid', "Paid"),
    ('withheld', "Tax Withheld"),
    ('fee', "Fees"),                # what withdrawals cost
    ('written_off', "Written Off"),    # where debts go that the merchant gave up; never above zero
]
# Which account of the general ledger a bucket is part of; `merchant` is the expense.
ACCRUED_BUCKETS = ('pending', 'available', 'held')
PAYABLE_BUCKETS = ('payable', 'reserved')


class DistributionBalance(models.Model):
    """What the transfers of one distributor add up to; also the row that a withdrawal locks.

    A distributor has all its balances from the beginning. Afterwards they are written by
    distribution.transfer and by nothing else.
    """
    _name = 'distribution.balance'
    _description = "Distributor Balance"
    _log_access = False
    _rec_name = 'bucket'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='restrict', readonly=True, index=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    bucket = fields.Selection(selection=BUCKETS, required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)

    _bucket_uniq = models.Constraint('UNIQUE (distributor_id, bucket)', "A bucket has one balance.")
    _check_amount = models.Constraint(
        "CHECK (amount >= 0 OR bucket IN ('merchant', 'payable', 'written_off'))",
        "This would take more out of a bucket than is in it.",
    )

    @api.model
    def _open(self, distributors):
        """Create the balances that distributors do not have yet."""
        present = {
            (distributor, bucket)
            for distributor, bucket in self.sudo()._read_group(
                [('distributor_id', 'in', distributors.ids)], ['distributor_id', 'bucket'])
        }
        self.sudo().create([
            {'distributor_id': distributor.id, 'company_id': distributor.company_id.id, 'bucket': bucket, 'amount': 0}
            for distributor in distributors
            for bucket, _label in BUCKETS
            if (distributor, bucket) not in present
        ])
