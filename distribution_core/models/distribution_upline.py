from odoo import fields, models
from odoo.tools import SQL


class DistributionUpline(models.Model):
    """Who stood above a distributor, from when until when, and why that changed.

    Written when `parent_id` of a distributor changes; an edge is closed and another one added,
    none is ever edited.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.upline'
    _description = "Upline History"
    _order = 'from_at desc, id desc'
    _rec_name = 'parent_id'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', readonly=True, index=True)
    company_id = fields.Many2one(related='distributor_id.company_id')
    parent_id = fields.Many2one(
        comodel_name='distribution.distributor', string="Upline", ondelete='restrict', readonly=True,
        index='btree_not_null', help="Empty: nobody.")
    from_at = fields.Datetime(string="From", required=True, readonly=True)
    until_at = fields.Datetime(string="Until", readonly=True)
    reason = fields.Char(readonly=True)

    _open_uniq = models.UniqueIndex(
        '(distributor_id) WHERE until_at IS NULL', "A distributor has one upline at a time.")
    _check_period = models.Constraint(
        'CHECK (until_at IS NULL OR until_at >= from_at)', "An upline ends after it began.")

    # === BUSINESS METHODS === #

    def _record(self, distributors, reason=None):
        """Close the open edges of these distributors and add what they are now."""
        now = fields.Datetime.now()
        self.search([('distributor_id', 'in', distributors.ids), ('until_at', '=', False)]).write({'until_at': now})
        self.flush_model(['until_at'])      # before the next edge opens: there is one at any moment
        self.create([
            {
                'distributor_id': distributor.id,
                'parent_id': distributor.parent_id.id,
                'from_at': now,
                'reason': reason,
            }
            for distributor in distributors
        ])

    # === GETTERS === #

    def _get_chain_at(self, distributor, moment, depth):
        """Return who stood above a distributor at a moment, itself first: one statement.

        :param distribution.distributor distributor:
        :param datetime moment: UTC; an edge counts from its beginning until before its end.
        :param int depth: How many members at most.
        :rtype: distribution.distributor
        """
        return distributor.union(*(
            member for member, _level in self._get_leveled_chain_at(distributor, moment, depth)))

    def _get_leveled_chain_at(self, distributor, moment, depth):
        """As :meth:`_get_chain_at`, each with the level it had at that moment: still one statement.

        :return: Distributor and level, the distributor itself first.
        :rtype: list[tuple[distribution.distributor, distribution.level]]
        """
        self.flush_model()
        self.env['distribution.level.history'].flush_model()
        rows = self.env.execute_query(SQL(
            """
            WITH RECURSIVE chain(id, position) AS (
                SELECT %(distributor)s, 1
             UNION ALL
                SELECT u.parent_id, chain.position + 1
                  FROM chain
                  JOIN distribution_upline u ON u.distributor_id = chain.id
                 WHERE u.parent_id IS NOT NULL
                   AND u.from_at <= %(moment)s AND (u.until_at IS NULL OR u.until_at > %(moment)s)
                   AND chain.position < %(depth)s
            )
            SELECT chain.id, h.level_id
              FROM chain
         LEFT JOIN distribution_level_history h
                ON h.distributor_id = chain.id
               AND h.from_at <= %(moment)s AND (h.until_at IS NULL OR h.until_at > %(moment)s)
          ORDER BY chain.position
            """, distributor=distributor.id, moment=moment, depth=depth))
        level = self.env['distribution.level']
        return [(distributor.browse(id_), level.browse(level_id)) for id_, level_id in rows]
