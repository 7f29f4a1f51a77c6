from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL


class LevelProgress(NamedTuple):
    """How far it is to the next level that the nightly run gives."""

    level: str              # its name
    conditions: list        # (whether it holds, in words)


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    def _get_level_progress(self):
        """Return what the next level asks for beside what the distributor has, as the level run would measure it now.

        One statement, over the distributor's own orders in the window of that level.

        :return: None when no level is above, or the company gives none by itself.
        :rtype: LevelProgress|None
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        for model in ('distribution.level', 'distribution.distributor', 'sale.order.line', 'account.move.line'):
            self.env[model].flush_model()
        rows = self.env.execute_query(self._get_level_progress_sql(company_sudo))
        if not rows:
            return None
        [(level_id, facts)] = rows
        levels_sudo = self.env['distribution.level'].sudo()
        return LevelProgress(
            levels_sudo.browse(level_id).name, levels_sudo._get_sentences(facts, company_sudo.currency_id.format))

    def _get_level_progress_sql(self, company):
        Levels, Lines = self.env['distribution.level'], self.env['distribution.level.run.line']
        return SQL(
            """
            WITH params AS MATERIALIZED (SELECT %(now)s::timestamp AS now, %(now)s::timestamp::date AS today),
                 ladder AS MATERIALIZED (%(ladder)s),
                 level AS MATERIALIZED (
                    SELECT *
                      FROM ladder
                     WHERE is_automatic
                       AND rank > COALESCE((SELECT rank FROM ladder WHERE id = %(level)s), 0)
                  ORDER BY rank
                     LIMIT 1
                 ),
                 sale AS MATERIALIZED (%(sales)s),
                 fact AS MATERIALIZED (%(facts)s)
            SELECT l.id, %(evidence)s
              FROM params
        CROSS JOIN level l
              JOIN distribution_distributor d ON d.id = %(distributor)s
         LEFT JOIN fact f ON f.distributor_id = d.id AND f.window_days = l.window_days
            """,
            now=fields.Datetime.now(), ladder=Levels._get_ladder_sql(company), level=self.level_id.id or 0,
            sales=Lines._get_sales_sql(company, self), facts=Lines._get_facts_sql(),
            evidence=Lines._get_evidence_sql(), distributor=self.id)
