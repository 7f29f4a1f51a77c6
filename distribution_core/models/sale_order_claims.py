from odoo import fields, models
from odoo.tools import SQL

from .distribution_policy import ATTRIBUTION_COLUMNS
from .distribution_territory import PLACE

# So far back the evidence of an order tells of touches, also of those that came too late to count.
_EVIDENCE_DAYS = 90

# What may show that two people are one, of a row `person` of res_partner.
_IDENTITY = """json_build_array(
                   person.id, person.commercial_partner_id, person.phone, person.email,
                   (SELECT json_agg(account.sanitized_acc_number) FROM res_partner_bank account
                     WHERE account.partner_id IN (person.id, person.commercial_partner_id)),
                   (SELECT json_agg(own.visitor) FROM distribution_visitor own
                     WHERE own.partner_id IN (person.id, person.commercial_partner_id) AND own.is_person),
                   person.street, person.city, person.zip)"""
IDENTITY = SQL(_IDENTITY)

# What the claims are read from, beside the orders.
_READ = (
    'res.partner', 'res.partner.bank', 'distribution.distributor', 'distribution.binding', 'distribution.touch',
    'distribution.visitor', 'distribution.policy', 'distribution.agreement', 'distribution.territory',
    'distribution.attribution',
)
_READ_OF_ORDERS = (
    'company_id', 'partner_id', 'partner_shipping_id', 'distributor_id', 'distribution_code', 'distribution_visitor',
)
# What a confirmation writes, and what tells it to orders of the same customer.
_CONFIRMED = ('state', 'date_order')

# Everything that speaks for a distributor on orders confirmed at `now`, with its chain and the policy: a row per
# claim. The regional agents of the delivery address are claims of which `touch_id` is the territory. Addresses have
# no field for a district: it is what the street begins with; where two do, the longer name is meant.
#
# A function, because a session plans it once: planning takes five times as long as running it, and the customer
# waits. Its stages are materialized, so that the planner does not look for the best order of all their joins.
_CLAIMS_FUNCTION = f"""
CREATE OR REPLACE FUNCTION distribution_get_claims(
    orders int[], ordered_at timestamp[], now timestamp, today date
) RETURNS TABLE (
    order_id int, company_id int, policy_id int, max_paid_tiers int, policy json,
    source varchar, at timestamp, touch_id int, expires_at timestamp,
    members json, people json, delivery json, first_order_at timestamp, last_order_at timestamp
) LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN RETURN QUERY
    WITH placed AS MATERIALIZED (
        SELECT o.id, o.company_id, o.partner_id, o.partner_shipping_id, given.date_order, o.distributor_id,
               o.distribution_code, o.distribution_visitor, buyer.commercial_partner_id,
               address.country_id, address.state_id, address.street, address.street2,
               {PLACE % 'address.city'} AS place, policy.*
          FROM unnest(orders, ordered_at) AS given(id, date_order)
          JOIN sale_order o ON o.id = given.id
          JOIN res_partner buyer ON buyer.id = o.partner_id
          JOIN res_partner address ON address.id = o.partner_shipping_id
  JOIN LATERAL (
               SELECT id AS policy_id, max_paid_tiers, {', '.join(ATTRIBUTION_COLUMNS)}
                 FROM distribution_policy
                WHERE company_id = o.company_id AND valid_from <= today AND is_draft IS NOT TRUE
             ORDER BY valid_from DESC, id DESC
                LIMIT 1
               ) policy ON TRUE
         WHERE NOT EXISTS (SELECT FROM distribution_attribution a WHERE a.order_id = o.id)
    ), claim AS MATERIALIZED (
        SELECT o.id AS order_id, told.*, d.parent_path
          FROM placed o
  JOIN LATERAL (
               SELECT 'staff' AS source, now AS at, NULL::int AS touch_id, o.distributor_id, NULL::timestamp AS expires_at
                WHERE o.distributor_id IS NOT NULL
            UNION ALL
               SELECT 'code', now, NULL, typed.id, NULL
                 FROM distribution_distributor typed
                WHERE typed.code = o.distribution_code
            UNION ALL
               SELECT 'binding', bound.from_at, bound.touch_id, bound.distributor_id, bound.expires_at
                 FROM distribution_binding bound
                WHERE bound.partner_id = o.commercial_partner_id AND bound.company_id = o.company_id
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
                WHERE t.at > now - make_interval(days => GREATEST(o.touch_window_days, {_EVIDENCE_DAYS}))
            UNION ALL (
               SELECT DISTINCT ON (area.kind) area.kind, area.from_at, area.id, area.distributor_id, NULL::timestamp
                 FROM distribution_territory area
                WHERE area.company_id = o.company_id AND area.state_id = o.state_id AND area.until_at IS NULL
                  AND (area.city IS NULL OR {PLACE % 'area.city'} = o.place)
                  AND (area.district IS NULL
                       OR starts_with({PLACE % 'o.street'}, {PLACE % 'area.district'})
                       OR starts_with({PLACE % 'o.street2'}, {PLACE % 'area.district'}))
             ORDER BY area.kind, length(area.district) DESC)
               ) told ON TRUE
          JOIN distribution_distributor d ON d.id = told.distributor_id AND d.company_id = o.company_id
    )
        SELECT o.id, o.company_id, o.policy_id, o.max_paid_tiers,
               json_build_object({', '.join(f"'{name}', o.{name}" for name in ATTRIBUTION_COLUMNS)}),
               c.source::varchar, c.at, c.touch_id, c.expires_at, chain.members, buyer.people,
               json_build_object('country_id', o.country_id, 'state_id', o.state_id, 'city', o.place),
               past.first_order_at, past.last_order_at
          FROM placed o
          JOIN claim c ON c.order_id = o.id
  JOIN LATERAL (
               SELECT json_agg(json_build_array(
                          u.id,
                          -- Who has not accepted the agreement in force earns nothing yet, whatever its version.
                          CASE WHEN u.state = 'active' AND u.accepted_agreement_id IS NULL AND EXISTS (
                              SELECT FROM distribution_agreement agreement
                               WHERE agreement.company_id = o.company_id AND agreement.kind = 'agreement'
                                 AND agreement.state = 'published' AND agreement.effective_from <= o.date_order
                          ) THEN 'unaccepted' ELSE u.state END,
                          u.level_id, {_IDENTITY}) ORDER BY path.position DESC) AS members
                 FROM unnest(string_to_array(trim(BOTH '/' FROM c.parent_path), '/')::int[])
                      WITH ORDINALITY AS path(id, position)
                 JOIN distribution_distributor u ON u.id = path.id
                 JOIN res_partner person ON person.id = u.partner_id
               ) chain ON TRUE
  JOIN LATERAL (
               SELECT json_agg({_IDENTITY}) AS people
                 FROM res_partner person
                WHERE person.id IN (o.partner_id, o.partner_shipping_id)
               ) buyer ON TRUE
LEFT JOIN LATERAL (
               SELECT MIN(e.date_order) AS first_order_at, MAX(e.date_order) AS last_order_at
                 FROM (
                      SELECT sold.date_order
                        FROM sale_order sold
                        JOIN res_partner person ON person.id = sold.partner_id
                       WHERE person.commercial_partner_id = o.commercial_partner_id
                         AND sold.company_id = o.company_id AND sold.state = 'sale' AND sold.id <> ALL(orders)
                   UNION ALL
                      SELECT beside.date_order
                        FROM placed beside
                       WHERE beside.commercial_partner_id = o.commercial_partner_id
                         AND beside.company_id = o.company_id
                      ) e
                WHERE e.date_order < o.date_order
               ) past ON TRUE
      ORDER BY o.id;
END; $$"""


class SaleOrder(models.Model):
    """What speaks for a distributor on an order, read in one go by a function of the database."""
    _inherit = 'sale.order'

    def init(self):
        """Override of `sale` to make the function that reads the claims."""
        super().init()
        self.env.cr.execute(SQL(_CLAIMS_FUNCTION.replace('%', '%%')))

    def _distribution_get_claims(self, now):
        """Read everything that speaks for a distributor, with its chain and the policy, in one statement.

        The regional agents of the delivery address are rows like claims; their `source` is one of `AGENTS`.
        Touches are read beyond the policy's window, so that the evidence tells what came too late.

        :param datetime now: UTC; the one that is decided at, or what is claimed now would be of the future.
        :return: A row per claim or agent, sorted by order; nothing for orders attributed before.
        :rtype: list[dict]
        """
        if not self.ids:
            return []
        self._distribution_flush()
        return self.env.execute_query_dict(SQL(
            "SELECT * FROM distribution_get_claims(%s, %s::timestamp[], %s, %s::date)",
            list(self.ids), self.mapped('date_order'), now, fields.Date.context_today(self)))

    def _distribution_flush(self):
        """Write down what is read, and nothing else.

        A confirmation leaves much to be computed and written: it is not computed now, to be computed anew when the
        order is invoiced. What it has just written on these orders is therefore given to the function.
        """
        for model in _READ:
            self.env[model].flush_model()
        confirmed = self._ids
        if any(id_ not in confirmed for name in _CONFIRMED for id_ in self.env._field_dirty.get(self._fields[name], ())):
            self.env.flush_all()
        self.flush_recordset(_READ_OF_ORDERS)
