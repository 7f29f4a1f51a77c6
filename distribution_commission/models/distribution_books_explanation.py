from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..engine import evaluate

_BATCH_SIZE = 5_000


class DistributionBooks(models.AbstractModel):
    _inherit = 'distribution.books'

    @api.model
    def _get_checks(self):
        """Override to compute every commission again from its explanation."""
        return [*super()._get_checks(), ("each explanation gives the amount of its commission", self._check_explanations)]

    @api.model
    def _check_explanations(self):
        """Evaluate the explanations, batch by batch.

        A commission on which nothing is left of the sale is zero. What persons adjusted is told apart from
        the explanation, so that there the explanation has to agree with itself only.
        """
        kinds = self.env['distribution.plan.rule']._engine_kinds()
        differences, last_id = [], 0
        while rows := self._get_explanations(last_id):
            last_id = rows[-1]['id']
            for row in rows:
                expected = evaluate(row['explanation'], kinds=kinds) if row['counts'] else 0
                actual = row['explanation']['amount'] if row['is_adjusted'] else row['earned']
                if expected != actual:
                    unit = Decimal(1).scaleb(-row['decimal_places'])
                    differences.append(
                        (row['company_id'], expected * unit, actual * unit, f"explanation of commission {row['id']}"))
        return differences

    @api.model
    def _get_explanations(self, after_id):
        return self.env.execute_query_dict(SQL(
            """
            SELECT c.id, c.company_id, c.explanation, currency.decimal_places,
                   c.explanation IS NOT NULL AND (c.base_amount != 0 OR adjusted.found) AS counts,
                   adjusted.found AS is_adjusted,
                   (c.earned_amount * 10 ^ currency.decimal_places)::bigint AS earned
              FROM distribution_commission c
              JOIN res_company company ON company.id = c.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
      JOIN LATERAL (
                   SELECT EXISTS (
                       SELECT FROM distribution_adjustment a WHERE a.commission_id = c.id AND a.state = 'posted'
                       ) AND c.explanation IS NOT NULL AS found
                   ) adjusted ON TRUE
             WHERE c.id > %s
          ORDER BY c.id
             LIMIT %s
            """, after_id, _BATCH_SIZE))
