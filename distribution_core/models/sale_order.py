import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from ..attribution import Buyer, Claim, Member, Policy, chain, decide, identities


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor',
        string="Referred by",
        index='btree_not_null',
        copy=False,
        check_company=True,
        domain="[('state', '=', 'active'), ('company_id', '=', company_id)]",
        groups='distribution_core.group_distribution_user',
        help="Entered by staff before confirmation; goes before every visit through a link.",
    )
    distribution_visitor = fields.Char(
        copy=False,
        default=lambda self: self.env['distribution.touch']._get_request_visitor(),
        groups='base.group_no_one',
    )
    attribution_ids = fields.One2many(
        comodel_name='distribution.attribution',
        inverse_name='order_id',
        groups='distribution_core.group_distribution_user',
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override of `sale` to keep the entry of staff as it was when the order was confirmed."""
        if 'distributor_id' in vals and any(order.state in ('sale', 'cancel') for order in self):
            raise UserError(self.env._("Who referred an order is settled when it is confirmed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_attributed(self):
        if self.sudo().attribution_ids:
            raise UserError(self.env._(
                "An order that is credited to a distributor is kept as a record. Cancel it instead."))

    # === BUSINESS METHODS === #

    def _action_confirm(self):
        """Override of `sale` to pin who is credited with the order."""
        res = super()._action_confirm()
        self._distribution_attribute()
        return res

    def _distribution_attribute(self):
        """Pin the attribution of these orders: once, and never in the way of the customer.

        Two statements, whatever the number of orders, and none that touches a row shared with
        other orders.

        :return: The orders that were attributed now.
        :rtype: sale.order
        """
        rows = self._distribution_get_claims()
        now = fields.Datetime.now()
        vals_list = [
            self._distribution_prepare_attribution(order_id, claims, now)
            for order_id, claims in groupby(rows, key=lambda row: row['order_id'])
        ]
        self.env['distribution.attribution']._pin(vals_list)
        return self.browse(vals['order_id'] for vals in vals_list)

    def _distribution_get_claims(self):
        """Read everything that speaks for a distributor, with its chain and the policy, in one go.

        :return: A row per claim, sorted by order; nothing for orders attributed before.
        :rtype: list[dict]
        """
        if not self.ids:
            return []
        self.flush_recordset(['distributor_id', 'distribution_visitor', 'partner_id', 'company_id', 'state'])
        self.env['res.partner'].flush_model(['email', 'phone', 'commercial_partner_id'])
        self.env['distribution.distributor'].flush_model()
        self.env['distribution.policy'].flush_model()
        return self.env.execute_query_dict(SQL(
            """
            SELECT o.id AS order_id, o.company_id, c.source, c.at, c.touch_id, chain.members,
                   b.id AS buyer_id, b.commercial_partner_id AS buyer_commercial_id,
                   b.phone AS buyer_phone, b.email AS buyer_email,
                   p.id AS policy_id, p.attribution_model, p.touch_window_days, p.max_paid_tiers
              FROM sale_order o
              JOIN res_partner b ON b.id = o.partner_id
      JOIN LATERAL (
                   SELECT id, attribution_model, touch_window_days, max_paid_tiers
                     FROM distribution_policy
                    WHERE company_id = o.company_id AND valid_from <= %(today)s AND is_draft IS NOT TRUE
                 ORDER BY valid_from DESC, id DESC
                    LIMIT 1
                   ) p ON TRUE
      JOIN LATERAL (
                   SELECT 'staff' AS source, %(now)s::timestamp AS at, NULL::int AS touch_id, o.distributor_id
                    WHERE o.distributor_id IS NOT NULL
                UNION ALL
                   SELECT t.kind, t.at, t.id, t.distributor_id
                     FROM distribution_touch t
                    WHERE t.visitor = o.distribution_visitor
                      AND t.at > %(now)s::timestamp - make_interval(days => p.touch_window_days)
                UNION
                   SELECT t.kind, t.at, t.id, t.distributor_id
                     FROM distribution_touch t
                    WHERE t.partner_id = o.partner_id
                      AND t.at > %(now)s::timestamp - make_interval(days => p.touch_window_days)
                   ) c ON TRUE
              JOIN distribution_distributor d ON d.id = c.distributor_id AND d.company_id = o.company_id
      JOIN LATERAL (
                   SELECT json_agg(json_build_array(
                              u.id, u.state, u.level_id, up.id, up.commercial_partner_id, up.phone, up.email
                          ) ORDER BY path.position DESC) AS members
                     FROM unnest(string_to_array(trim(BOTH '/' FROM d.parent_path), '/')::int[])
                          WITH ORDINALITY AS path(id, position)
                     JOIN distribution_distributor u ON u.id = path.id
                     JOIN res_partner up ON up.id = u.partner_id
                   ) chain ON TRUE
             WHERE o.id = ANY(%(orders)s)
               AND NOT EXISTS (SELECT FROM distribution_attribution a WHERE a.order_id = o.id)
          ORDER BY o.id
            """, orders=list(self.ids), now=fields.Datetime.now(), today=fields.Date.context_today(self)))

    @api.model
    def _distribution_prepare_attribution(self, order_id, rows, now):
        """Decide on one order.

        :param int order_id:
        :param list[dict] rows: Its claims, at least one.
        :param datetime now: UTC.
        :return: Column values of the attribution, its tiers under `tiers`.
        :rtype: dict
        """
        first = rows[0]
        buyer = Buyer(identities(
            first['buyer_id'], first['buyer_commercial_id'], first['buyer_phone'], first['buyer_email']))
        policy = Policy(first['attribution_model'], first['touch_window_days'])
        decision = decide([self._distribution_to_claim(row) for row in rows], buyer, policy, now)
        won = decision.claim
        return {
            'order_id': order_id,
            'company_id': first['company_id'],
            'distributor_id': won.member.id if won else None,
            'source': won.source if won else None,
            'touch_id': won.touch_id if won else None,
            'policy_id': first['policy_id'],
            'pinned_at': now,
            'evidence': json.dumps({
                'claim': self._distribution_describe_claim(won) if won else None,
                'refused': [
                    {**self._distribution_describe_claim(claim), 'reason': reason}
                    for claim, reason in decision.refused
                ],
            }),
            'tiers': [
                (tier.tier, tier.member.id, tier.member.level_id, tier.refusal or None)
                for tier in chain(won, buyer, first['max_paid_tiers'])
            ] if won else [],
        }

    @api.model
    def _distribution_to_claim(self, row):
        return Claim(
            source=row['source'],
            at=row['at'],
            touch_id=row['touch_id'],
            uplines=tuple(
                Member(id_, state, level_id, identities(partner_id, commercial_id, phone, email))
                for id_, state, level_id, partner_id, commercial_id, phone, email in row['members']
            ),
        )

    @api.model
    def _distribution_describe_claim(self, claim):
        return {
            'distributor_id': claim.member.id,
            'source': claim.source,
            'at': fields.Datetime.to_string(claim.at),
            'touch_id': claim.touch_id,
        }
