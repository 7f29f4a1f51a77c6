from odoo import api, models


class DistributionBooks(models.AbstractModel):
    _inherit = 'distribution.books'

    @api.model
    def _get_checks(self):
        """Override of `distribution_commission` to add the tax withheld."""
        return super()._get_checks() + [
            ("tax withheld equals the payments' items on the tax account", self._check_withheld),
            ("tax withheld is what was worked out for the payouts", self._check_payout_tax),
        ]

    @api.model
    def _check_withheld(self):
        """Hold the bucket against what payouts wrote on the account; what is remitted from it is not ours."""
        return self._execute(
            """
            SELECT company.id, COALESCE(ledger.amount, 0), COALESCE(general.amount, 0),
                   format('account %%s', company.distribution_tax_account_id)
              FROM res_company company
         LEFT JOIN (
                   SELECT company_id, SUM(CASE 'withheld' WHEN destination THEN amount WHEN source THEN -amount END) AS amount
                     FROM distribution_transfer
                    WHERE 'withheld' IN (source, destination)
                 GROUP BY company_id
                   ) ledger ON ledger.company_id = company.id
         LEFT JOIN (
                   SELECT payout.company_id, -SUM(ml.balance) AS amount
                     FROM (SELECT company_id, move_id FROM distribution_payout
                        UNION ALL
                           SELECT company_id, move_id FROM distribution_payout_return) payout
                     JOIN account_move_line ml ON ml.move_id = payout.move_id AND ml.parent_state = 'posted'
                     JOIN res_company c ON c.id = payout.company_id AND ml.account_id = c.distribution_tax_account_id
                 GROUP BY payout.company_id
                   ) general ON general.company_id = company.id
             WHERE COALESCE(ledger.amount, 0) != COALESCE(general.amount, 0)
            """)

    @api.model
    def _check_payout_tax(self):
        return self._execute(
            """
            SELECT company.id, COALESCE(payout.tax_amount, 0), COALESCE(t.amount, 0), format('payout %%s', payout.name)
              FROM distribution_payout payout
              JOIN res_company company ON company.id = payout.company_id
         LEFT JOIN (
                   SELECT withdrawal_id,
                          SUM(CASE 'withheld' WHEN destination THEN amount WHEN source THEN -amount END) AS amount
                     FROM distribution_transfer
                    WHERE 'withheld' IN (source, destination)
                 GROUP BY withdrawal_id
                   ) t ON t.withdrawal_id = payout.withdrawal_id
             WHERE payout.state = 'done' AND COALESCE(payout.tax_amount, 0) != COALESCE(t.amount, 0)
            """)
