from odoo import api, models
from odoo.tools import SQL

from ..compliance import Figures


class DistributionNetwork(models.AbstractModel):
    """The network as the law counts it: all companies of one organiser, the organiser being level 1.

    A participant is everybody who ever could earn or recruit: who ever was active, closed or not, and
    who stands above somebody. Somebody who takes part in two companies counts twice: rather too many
    than too few. The same numbers from plain links: `compliance.measure`.
    """
    _name = 'distribution.network'
    _description = "Network of an Organiser"

    # === GETTERS === #

    @api.model
    def _get_organiser_companies(self, company):
        """Return all companies of the organiser that a company belongs to, archived ones too.

        :param res.company company:
        :rtype: res.company
        """
        return self.env['res.company'].sudo().with_context(active_test=False).search(
            [('id', 'child_of', company.sudo().root_id.id)])

    @api.model
    def _get_participants_query(self, company):
        """Return the query of the participants of an organiser: their ids and whom they stand below.

        :param res.company company: Any company of the organiser.
        :rtype: SQL
        """
        self.env['distribution.distributor'].flush_model(['parent_id', 'company_id', 'active_since'])
        return SQL(
            """
            SELECT d.id, d.parent_id
              FROM distribution_distributor d
             WHERE d.company_id = ANY(%s)
               AND (d.active_since IS NOT NULL
                    OR EXISTS (SELECT FROM distribution_distributor below WHERE below.parent_id = d.id))
            """, self._get_organiser_companies(company).ids)

    @api.model
    def _get_network_figures(self, company):
        """Count participants and levels in one statement; in another one name the loops, if there are any.

        Who is in a loop or below one is not reached from the top.

        :param res.company company: Any company of the organiser.
        :rtype: Figures
        """
        rows = self.env.execute_query(SQL(
            """
            WITH RECURSIVE participant AS MATERIALIZED (%s),
            tree(id, depth) AS (
                SELECT p.id, 2
                  FROM participant p
                 WHERE NOT EXISTS (SELECT FROM participant above WHERE above.id = p.parent_id)
             UNION ALL
                SELECT p.id, tree.depth + 1
                  FROM tree
                  JOIN participant p ON p.parent_id = tree.id
            )
            SELECT depth, count(*), (SELECT count(*) FROM participant)
              FROM tree
          GROUP BY ROLLUP (depth)
          ORDER BY depth NULLS FIRST
            """, self._get_participants_query(company)))
        (_all, reached, total), *levels = rows
        if reached < (total or 0):
            return Figures(None, None, loops=tuple(self._get_loops(company)))
        by_depth = ((1, 1), *((depth, count) for depth, count, _total in levels))
        return Figures(reached + 1, len(by_depth), by_depth)

    @api.model
    def _get_loops(self, company):
        """Return the ids of those who stand above themselves, sorted.

        Follows `parent_id`, not the path, so that it also sees what was written past the ORM.

        :param res.company company: Any company of the organiser.
        :rtype: list[int]
        """
        return [id_ for id_, in self.env.execute_query(SQL(
            """
            WITH RECURSIVE participant AS MATERIALIZED (%s),
            tree(id) AS (
                SELECT p.id
                  FROM participant p
                 WHERE NOT EXISTS (SELECT FROM participant above WHERE above.id = p.parent_id)
             UNION ALL
                SELECT p.id FROM tree JOIN participant p ON p.parent_id = tree.id
            ),
            walk(start, id, parent_id) AS (
                SELECT p.id, p.id, p.parent_id
                  FROM participant p
                 WHERE NOT EXISTS (SELECT FROM tree WHERE tree.id = p.id)
             UNION ALL
                SELECT walk.start, p.id, p.parent_id
                  FROM walk
                  JOIN participant p ON p.id = walk.parent_id
            ) CYCLE id SET is_cycle USING path
            SELECT DISTINCT start FROM walk WHERE is_cycle AND id = start ORDER BY start
            """, self._get_participants_query(company)))]

    @api.model
    def _get_edges_hash(self, company):
        """Return the SHA-256 of who stands below whom, to prove later what the tree was.

        Over lines `id>id of the one above, or 0`, sorted by id and joined by newlines.

        :param res.company company: Any company of the organiser.
        :rtype: str
        """
        [[digest]] = self.env.execute_query(SQL(
            """
            SELECT encode(sha256(convert_to(coalesce(
                       string_agg(p.id || '>' || coalesce(p.parent_id, 0), E'\n' ORDER BY p.id), ''
                   ), 'UTF8')), 'hex')
              FROM (%s) p
            """, self._get_participants_query(company)))
        return digest
