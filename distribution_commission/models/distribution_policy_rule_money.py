from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.distribution_core.models.distribution_policy_rule import Rule

_NAMED_AT_MOST = 20
_QUARTER_DAYS = 92
_SWITCHED_MAX_PERCENT = 10
_PHONE_DIGITS_MIN = 7
# Where what is payable comes from, and where it goes: settlement, a payout and its end, and what sets it off.
_INTO_PAYABLE = ('available', 'billed', 'input_tax', 'reserved', 'paid', 'fee', 'withheld', 'written_off')
_OUT_OF_PAYABLE = ('reserved', 'merchant')
_OUT_OF_RESERVED = ('payable', 'paid', 'fee', 'withheld')


class DistributionPolicyRule(models.AbstractModel):
    """What payees, receipts and the ledger say to R34, R36 and R37."""
    _inherit = 'distribution.policy.rule'

    @api.model
    def _get_rules(self):
        """Override to add the rules on where money comes from and who it goes to."""
        rules = {
            **super()._get_rules(),
            'R34': Rule('alarm', self.env._("Income is neither split nor called something else"), self._check_r34),
            'R36': Rule('block', self.env._("Who sells is who is paid"), self._check_r36),
            'R37': Rule('block', self.env._("What is payable is a debt and no purse"), self._check_r37),
        }
        return {code: rules[code] for code in sorted(rules)}

    @api.model
    def _get_evidence_labels(self):
        """Override to name what is counted here."""
        return {
            **super()._get_evidence_labels(),
            'switched': self.env._("No individuals any more"),
            'switched_percent': self.env._("Of those paid as individuals (%)"),
            'transfers': self.env._("Transfers"),
            'items': self.env._("Journal items that are none of the ledger's"),
        }

    # === RULES === #

    @api.model
    def _check_r34(self, subject):
        """Several payees share an account or a phone, or many stop being individuals within a quarter."""
        self.env.flush_all()
        codes = self._get_sharing_codes(subject)
        paid, switched = self._get_switched(subject)
        evidence = {
            'distributors': len(codes),
            **({'codes': codes[:_NAMED_AT_MOST]} if codes else {}),
            **({'switched': switched, 'switched_percent': 100 * switched // paid} if switched else {}),
        }
        return 'red' if codes or 100 * switched > _SWITCHED_MAX_PERCENT * paid else 'green', evidence

    @api.model
    def _check_r36(self, subject):
        """What customers paid for attributed orders came in with the company that sold.

        Branches are the company that they are branches of.
        """
        self.env.flush_all()
        names = [name for name, in self.env.execute_query(SQL(
            """
            WITH collected AS (
                SELECT r.sale_order_id AS order_id, provider.company_id
                  FROM sale_order_transaction_rel r
                  JOIN payment_transaction t ON t.id = r.transaction_id AND t.state = 'done'
                  JOIN payment_provider provider ON provider.id = t.provider_id
             UNION ALL
                SELECT l.order_id, journal.company_id
                  FROM sale_order_line l
                  JOIN sale_order_line_invoice_rel r ON r.order_line_id = l.id
                  JOIN account_move_line item ON item.id = r.invoice_line_id
                  JOIN account_move__account_payment p ON p.invoice_id = item.move_id
                  JOIN account_payment payment ON payment.id = p.payment_id
                  JOIN account_journal journal ON journal.id = payment.journal_id
            )
            SELECT DISTINCT o.name
              FROM distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id
              JOIN collected ON collected.order_id = o.id
              JOIN res_company seller ON seller.id = o.company_id
              JOIN res_company collector ON collector.id = collected.company_id
             WHERE a.company_id = %s
               AND split_part(seller.parent_path, '/', 1) != split_part(collector.parent_path, '/', 1)
          ORDER BY o.name
            """, subject.company.id))]
        return 'red' if names else 'green', {
            'orders': len(names), **({'names': names[:_NAMED_AT_MOST]} if names else {})}

    @api.model
    def _check_r37(self, subject):
        """Nothing is paid in, nothing goes from one to another, and only payouts and set-offs go out.

        A transfer is of one distributor, so that none pays another. What somebody writes on the account
        of the payable beside the ledger would be paid in.
        """
        self.env.flush_all()
        [[transfers]] = self.env.execute_query(SQL(
            """
            SELECT COUNT(*)
              FROM distribution_transfer
             WHERE company_id = %(company)s
               AND (destination = 'payable' AND source != ALL(%(into)s)
                 OR source = 'payable' AND destination != ALL(%(out)s)
                 OR destination = 'reserved' AND source != 'payable'
                 OR source = 'reserved' AND destination != ALL(%(end)s))
            """, company=subject.company.id, into=list(_INTO_PAYABLE), out=list(_OUT_OF_PAYABLE),
            end=list(_OUT_OF_RESERVED)))
        [[items]] = self.env.execute_query(SQL(
            """
            SELECT COUNT(*)
              FROM account_move_line item
             WHERE item.company_id = %s AND item.account_id = %s AND item.parent_state = 'posted' AND item.balance != 0
               AND NOT EXISTS (SELECT FROM distribution_transfer t WHERE t.move_line_id = item.id)
            """, subject.company.id, subject.company.distribution_payable_account_id.id or None))
        return 'red' if transfers or items else 'green', {
            'transfers': transfers, **({'items': items} if items else {})}

    # === GETTERS === #

    @api.model
    def _get_sharing_codes(self, subject):
        """Return the codes of those who share an account or a phone with another distributor of the company."""
        return [code for code, in self.env.execute_query(SQL(
            r"""
            WITH key AS (
                SELECT d.id, d.code, 'account ' || a.number_index AS name
                  FROM distribution_distributor d
                  JOIN distribution_payee_account a ON a.distributor_id = d.id AND a.active
                 WHERE d.company_id = %(company)s AND d.state != 'closed' AND a.number_index IS NOT NULL
             UNION
                SELECT d.id, d.code, 'phone ' || phone.digits
                  FROM distribution_distributor d
                  JOIN res_partner partner ON partner.id = d.partner_id
     CROSS JOIN LATERAL (SELECT regexp_replace(partner.phone, '\D', '', 'g') AS digits) phone
                 WHERE d.company_id = %(company)s AND d.state != 'closed' AND length(phone.digits) >= %(length)s
            )
            SELECT DISTINCT code
              FROM (SELECT code, COUNT(*) OVER (PARTITION BY name) AS sharing FROM key) shared
             WHERE sharing > 1
          ORDER BY code
            """, company=subject.company.id, length=_PHONE_DIGITS_MIN))]

    @api.model
    def _get_switched(self, subject):
        """Return how many were paid as individuals within a quarter, and how many of them are none any more.

        :rtype: tuple[int, int]
        """
        [row] = self.env.execute_query(SQL(
            """
            SELECT COUNT(*), COUNT(*) FILTER (WHERE d.kind IN ('sole_trader', 'company'))
              FROM distribution_distributor d
             WHERE d.company_id = %s
               AND EXISTS (
                   SELECT FROM distribution_payout p
                    WHERE p.distributor_id = d.id AND p.state = 'done' AND p.tax_scheme_id IS NOT NULL
                      AND p.tax_day > %s)
            """, subject.company.id, fields.Date.subtract(
                subject.company._distribution_get_today(), days=_QUARTER_DAYS)))
        return row
