import json

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, groupby

from ..attribution import (
    AGENTS,
    Agency,
    Buyer,
    Claim,
    Member,
    appoint,
    chain,
    decide,
    follow,
    identities,
    to_evidence,
)
from .distribution_policy import ATTRIBUTION_COLUMNS
from .distribution_territory import PLACE

# So far back the evidence of an order tells of touches, also of those that came too late to count.
_EVIDENCE_DAYS = 90
# What somebody says about who referred an order.
_ENTRIES = {'distributor_id', 'distribution_code'}
# What may show that two people are one, of a row `person` of res_partner.
IDENTITY = SQL("""json_build_array(
    person.id, person.commercial_partner_id, person.phone, person.email,
    (SELECT json_agg(account.sanitized_acc_number) FROM res_partner_bank account
      WHERE account.partner_id IN (person.id, person.commercial_partner_id)),
    person.street, person.city, person.zip)""")

# Who has not accepted the agreement that is in force for the company earns nothing yet, whatever its version.
_MEMBER_STATE = SQL("""CASE WHEN u.state = 'active' AND u.accepted_agreement_id IS NULL AND EXISTS (
    SELECT FROM distribution_agreement agreement
     WHERE agreement.company_id = o.company_id AND agreement.kind = 'agreement'
       AND agreement.state = 'published' AND agreement.effective_from <= o.date_order
    ) THEN 'unaccepted' ELSE u.state END""")

# What is kept of a delivery address, of a row `address` of res_partner: what territories and scopes of rules ask for.
_DELIVERY = SQL(
    "json_build_object('country_id', address.country_id, 'state_id', address.state_id, 'city', %s)",
    SQL(PLACE, SQL("address.city")))


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
    distribution_code = fields.Char(
        string="Referral Code",
        copy=False,
        help="The code of a distributor, as the customer gave it: typed in the shop, told on the phone, sent by "
             "an application.",
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

    # === CONSTRAINT METHODS === #

    @api.constrains('distribution_code', 'company_id')
    def _check_distribution_code(self):
        for order in self.filtered('distribution_code'):
            if not order._distribution_get_typed(order.distribution_code):
                raise ValidationError(self.env._("No distributor has the code “%s”.", order.distribution_code))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `sale` to take codes as they are typed."""
        return super().create([self._distribution_normalize_code(vals) for vals in vals_list])

    def write(self, vals):
        """Override of `sale` to keep what was entered as it was when the order was confirmed."""
        if _ENTRIES & vals.keys() and any(order.state in ('sale', 'cancel') for order in self):
            raise UserError(self.env._("Who referred an order is settled when it is confirmed."))
        return super().write(self._distribution_normalize_code(vals))

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_attributed(self):
        if self.sudo().attribution_ids:
            raise UserError(self.env._(
                "An order that is credited to a distributor is kept as a record. Cancel it instead."))

    @api.model
    def _distribution_normalize_code(self, vals):
        code = vals.get('distribution_code')
        return {**vals, 'distribution_code': code.strip().upper()} if code else vals

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
            if self._distribution_is_attributable(claims, now)
        ]
        self.env['distribution.attribution']._pin(vals_list)
        return self.browse(vals['order_id'] for vals in vals_list)

    def _distribution_get_claims(self):
        """Read everything that speaks for a distributor, with its chain and the policy, in one go.

        The regional agents of the delivery address are rows like claims; their `source` is one of `AGENTS`.

        :return: A row per claim or agent, sorted by order; nothing for orders attributed before.
        :rtype: list[dict]
        """
        if not self.ids:
            return []
        self._distribution_flush()
        return self.env.execute_query_dict(SQL(
            """
            SELECT o.id AS order_id, o.company_id, p.*, c.*, chain.members, buyer.people,
                   %(delivery)s AS delivery, past.first_order_at, past.last_order_at
              FROM sale_order o
              JOIN res_partner b ON b.id = o.partner_id
              JOIN res_partner address ON address.id = o.partner_shipping_id
      JOIN LATERAL (
                   SELECT id AS policy_id, max_paid_tiers, %(policy_columns)s
                     FROM distribution_policy
                    WHERE company_id = o.company_id AND valid_from <= %(today)s AND is_draft IS NOT TRUE
                 ORDER BY valid_from DESC, id DESC
                    LIMIT 1
                   ) p ON TRUE
      JOIN LATERAL (%(claims)s UNION ALL (%(agencies)s)) c ON TRUE
              JOIN distribution_distributor d ON d.id = c.distributor_id AND d.company_id = o.company_id
      JOIN LATERAL (
                   SELECT json_agg(json_build_array(u.id, %(member_state)s, u.level_id, %(member)s)
                                   ORDER BY path.position DESC) AS members
                     FROM unnest(string_to_array(trim(BOTH '/' FROM d.parent_path), '/')::int[])
                          WITH ORDINALITY AS path(id, position)
                     JOIN distribution_distributor u ON u.id = path.id
                     JOIN res_partner person ON person.id = u.partner_id
                   ) chain ON TRUE
      JOIN LATERAL (
                   SELECT json_agg(%(buyer)s) AS people
                     FROM res_partner person
                    WHERE person.id IN (o.partner_id, o.partner_shipping_id)
                   ) buyer ON TRUE
 LEFT JOIN LATERAL (
                   SELECT MIN(e.date_order) AS first_order_at, MAX(e.date_order) AS last_order_at
                     FROM sale_order e
                     JOIN res_partner person ON person.id = e.partner_id
                    WHERE person.commercial_partner_id = b.commercial_partner_id
                      AND e.company_id = o.company_id AND e.state = 'sale' AND e.date_order < o.date_order
                   ) past ON TRUE
             WHERE o.id = ANY(%(orders)s)
               AND NOT EXISTS (SELECT FROM distribution_attribution a WHERE a.order_id = o.id)
          ORDER BY o.id
            """,
            policy_columns=SQL(", ").join(SQL.identifier(name) for name in ATTRIBUTION_COLUMNS),
            claims=self._distribution_claims_query(),
            agencies=self._distribution_agencies_query(),
            delivery=_DELIVERY,
            member=IDENTITY,
            member_state=_MEMBER_STATE,
            buyer=IDENTITY,
            orders=list(self.ids), today=fields.Date.context_today(self)))

    def _distribution_flush(self):
        """Bring what `_distribution_get_claims` reads into the database."""
        self.flush_model(['distributor_id', 'distribution_code', 'distribution_visitor', 'partner_id',
                          'partner_shipping_id', 'company_id', 'state', 'date_order'])
        self.env['res.partner'].flush_model()
        self.env['res.partner.bank'].flush_model()
        self.env['distribution.distributor'].flush_model()
        self.env['distribution.policy'].flush_model()
        self.env['distribution.binding'].flush_model()
        self.env['distribution.agreement'].flush_model()
        self.env['distribution.territory'].flush_model()

    @api.model
    def _distribution_claims_query(self):
        """Return the SQL of what speaks for a distributor on an order `o` of a buyer `b` under a policy `p`.

        Touches are read beyond the policy's window, so that the evidence tells what came too late.
        """
        now = fields.Datetime.now()
        return SQL(
            """
            SELECT 'staff' AS source, %(now)s::timestamp AS at, NULL::int AS touch_id, o.distributor_id,
                   NULL::timestamp AS expires_at
             WHERE o.distributor_id IS NOT NULL
         UNION ALL
            SELECT 'code', %(now)s::timestamp, NULL, typed.id, NULL
              FROM distribution_distributor typed
             WHERE typed.code = o.distribution_code
         UNION ALL
            SELECT 'binding', bound.from_at, bound.touch_id, bound.distributor_id, bound.expires_at
              FROM distribution_binding bound
             WHERE bound.partner_id = b.commercial_partner_id AND bound.company_id = o.company_id
               AND bound.until_at IS NULL
         UNION ALL
            SELECT t.kind, t.at, t.id, t.distributor_id, NULL
              FROM (
                   SELECT id FROM distribution_touch WHERE visitor = o.distribution_visitor
                UNION
                   SELECT id FROM distribution_touch WHERE partner_id = o.partner_id
                UNION
                   SELECT elsewhere.id
                     FROM distribution_visitor browser
                     JOIN distribution_touch elsewhere ON elsewhere.visitor = browser.visitor
                    WHERE browser.partner_id = o.partner_id AND elsewhere.partner_id IS NULL
                   ) met
              JOIN distribution_touch t ON t.id = met.id
             WHERE t.at > %(now)s::timestamp - make_interval(days => GREATEST(p.touch_window_days, %(evidence)s))
            """, now=now, evidence=_EVIDENCE_DAYS)

    @api.model
    def _distribution_agencies_query(self):
        """Return the SQL of the agents of the areas that an order `o` is delivered to, as rows of claims.

        `touch_id` is the territory. Addresses have no field for a district: it is what the street begins
        with. Where two do, the longer name is meant.
        """
        return SQL(
            """
            SELECT DISTINCT ON (t.kind) t.kind AS source, t.from_at AS at, t.id AS touch_id, t.distributor_id,
                   NULL::timestamp AS expires_at
              FROM distribution_territory t
             WHERE t.company_id = o.company_id AND t.state_id = address.state_id AND t.until_at IS NULL
               AND (t.city IS NULL OR %(area_city)s = %(city)s)
               AND (t.district IS NULL
                    OR starts_with(%(street)s, %(district)s) OR starts_with(%(street2)s, %(district)s))
          ORDER BY t.kind, length(t.district) DESC
            """,
            area_city=SQL(PLACE, SQL("t.city")), city=SQL(PLACE, SQL("address.city")),
            district=SQL(PLACE, SQL("t.district")),
            street=SQL(PLACE, SQL("address.street")), street2=SQL(PLACE, SQL("address.street2")))

    @api.model
    def _distribution_is_attributable(self, rows, now):
        """Hook: whether there is a reason to pin an attribution. Any claim is one, also when it is refused.

        :param list[dict] rows: Of one order, at least one; see `_distribution_get_claims`.
        :param datetime now: UTC.
        """
        return True

    def _distribution_get_typed(self, code):
        """Return the distributor of the order's company whose code was typed, or nobody.

        :param str code: In any case, with any space around it.
        :rtype: distribution.distributor
        """
        self.ensure_one()
        distributor_sudo = self.env['distribution.distributor'].sudo()._get_active_by_code(code)
        return distributor_sudo.filtered(lambda typed: typed.company_id == self.company_id)

    @api.model
    def _distribution_prepare_attribution(self, order_id, rows, now):
        """Decide on one order.

        :param int order_id:
        :param list[dict] rows: Its claims and agents, at least one.
        :param datetime now: UTC.
        :return: Column values of the attribution, its tiers under `tiers`.
        :rtype: dict
        """
        first = rows[0]
        buyer = Buyer(
            frozenset().union(*(self._distribution_to_identities(person) for person in first['people'])),
            first['first_order_at'], first['last_order_at'])
        policy = self.env['distribution.policy']._to_attribution_policy(first)
        claims = [self._distribution_to_claim(row) for row in rows if row['source'] not in AGENTS]
        agencies = [self._distribution_to_agency(row) for row in rows if row['source'] in AGENTS]
        decision = decide(claims, buyer, policy, now)
        won = decision.claim
        bound = next((claim for claim in claims if claim.source == 'binding'), None)
        return {
            'order_id': order_id,
            'company_id': first['company_id'],
            'distributor_id': won.member.id if won else None,
            'source': won.source if won else None,
            'touch_id': won.touch_id if won else None,
            'policy_id': first['policy_id'],
            'pinned_at': now,
            'evidence': json.dumps({
                **to_evidence(decision, buyer, policy),
                'delivery': first['delivery'],
                'territories': {agency.kind: agency.territory_id for agency in agencies},
            }),
            'binding_due': bool(follow(bound, won, policy)),
            'tiers': [
                (tier.tier, tier.member.id, tier.member.level_id, tier.refusal or None)
                for tier in [
                    *(chain(won, buyer, first['max_paid_tiers']) if won else ()),
                    *appoint(agencies, buyer),
                ]
            ],
        }

    @api.model
    def _distribution_to_claim(self, row):
        return Claim(
            source=row['source'],
            at=row['at'],
            touch_id=row['touch_id'],
            expires_at=row['expires_at'],
            uplines=self._distribution_to_members(row),
        )

    @api.model
    def _distribution_to_agency(self, row):
        return Agency(row['source'], row['touch_id'], self._distribution_to_members(row)[0])

    @api.model
    def _distribution_to_members(self, row):
        """Return the distributor of a claim and those above it, nearest first."""
        return tuple(
            Member(id_, state, level_id, self._distribution_to_identities(person))
            for id_, state, level_id, person in row['members'])

    @api.model
    def _distribution_to_identities(self, person):
        """Return what identifies somebody, from the columns of `IDENTITY`."""
        partner_id, commercial_id, phone, email, accounts, *address = person
        return identities(partner_id, commercial_id, phone, email, accounts, address)
