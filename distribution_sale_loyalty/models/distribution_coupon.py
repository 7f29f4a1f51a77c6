from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.distribution_commission.engine import net_amounts

_BATCH_SIZE = 500


class DistributionCoupon(models.Model):
    """The coupon that an order earns the distributor credited with it: one for each order.

    Follows the order like a commission does: the processor writes down whether it is completed, and since
    when; a job gives the coupon once the hold is over, and takes an unused one back when nothing is left
    of the order.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.coupon'
    _description = "Referral Coupon"
    _order = 'id desc'
    _log_access = False
    _rec_name = 'order_id'

    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution', required=True, index=True, ondelete='restrict', readonly=True)
    order_id = fields.Many2one(related='attribution_id.order_id')
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True)
    is_worth = fields.Boolean(
        string="Counts", readonly=True, help="Something of the order is left after refunds, as much as the plan asks.")
    completed_at = fields.Datetime(string="Completed on", readonly=True, help="Paid and delivered, all of it.")
    due_on = fields.Datetime(string="Due on", readonly=True, help="When the hold after it is over.")
    given_at = fields.Datetime(string="Given on", readonly=True)
    taken_back_at = fields.Datetime(string="Taken Back on", readonly=True)
    card_id = fields.Many2one(
        comodel_name='loyalty.card', string="Coupon", index='btree_not_null', ondelete='set null', readonly=True)
    state = fields.Selection(
        selection=[
            ('waiting', "Waiting"), ('given', "Given"), ('taken_back', "Taken back"), ('nothing', "Nothing left"),
        ],
        compute='_compute_state',
    )

    _attribution_uniq = models.UniqueIndex('(attribution_id)', "An order earns one coupon.")
    _due_idx = models.Index('(company_id, due_on) WHERE given_at IS NULL AND is_worth')
    _gone_idx = models.Index(
        '(company_id) WHERE given_at IS NOT NULL AND taken_back_at IS NULL AND is_worth IS NOT TRUE')

    # === COMPUTE METHODS === #

    @api.depends('given_at', 'taken_back_at', 'is_worth')
    def _compute_state(self):
        for coupon in self:
            if coupon.taken_back_at:
                coupon.state = 'taken_back'
            elif coupon.given_at:
                coupon.state = 'given'
            else:
                coupon.state = 'waiting' if coupon.is_worth else 'nothing'

    # === BUSINESS METHODS - FOLLOWING THE ORDER === #

    @api.model
    def _sync(self, facts):
        """Write down what the documents of orders say about their coupons: one statement.

        The first completion that is seen counts; an order that is no longer complete waits again.

        :param list[OrderFacts] facts: Of one company.
        """
        rows = self._prepare_rows(facts)
        if not rows:
            return
        column = {name: [row[name] for row in rows] for name in rows[0]}
        self.env.execute_query(SQL(
            """
            INSERT INTO distribution_coupon AS c
                        (attribution_id, company_id, distributor_id, is_worth, completed_at, due_on)
                 SELECT attribution_id, %(company_id)s, distributor_id, is_worth, completed_at,
                        completed_at + make_interval(days => hold_days)
                   FROM unnest(%(attribution_id)s::int[], %(distributor_id)s::int[], %(is_worth)s::bool[],
                               %(completed_at)s::timestamp[], %(hold_days)s::int[])
                     AS t(attribution_id, distributor_id, is_worth, completed_at, hold_days)
            ON CONFLICT (attribution_id) DO UPDATE
                    SET is_worth = EXCLUDED.is_worth,
                        completed_at = CASE WHEN EXCLUDED.completed_at IS NOT NULL
                            THEN COALESCE(c.completed_at, EXCLUDED.completed_at) END,
                        due_on = CASE WHEN EXCLUDED.due_on IS NOT NULL THEN COALESCE(c.due_on, EXCLUDED.due_on) END
              RETURNING id
            """, company_id=facts[0].company_id, **column))
        self.invalidate_model()

    @api.model
    def _prepare_rows(self, facts):
        """Return the column values of those orders whose plan thanks by a coupon, and whose referrer may earn."""
        versions = self.env['distribution.plan.version'].browse({fact.plan_version_id for fact in facts})
        giving = {version.id: version for version in versions if version.coupon_program_id}
        facts = [fact for fact in facts if fact.plan_version_id in giving]
        unpaid = self._get_unpaid_orders([fact.order.id for fact in facts])
        rows = []
        for fact in facts:
            referrer = next((payee.distributor_id for payee in fact.order.payees if payee.tier == 1), None)
            if not referrer:
                continue
            nets = {line_id: net for line_id, (net, _discount) in net_amounts(fact.order.lines).items() if net}
            least = giving[fact.plan_version_id]._to_engine()['limits'].min_order
            complete = fact.order.id not in unpaid and all(fact.details[line_id].delivered for line_id in nets)
            rows.append({
                'attribution_id': fact.attribution_id,
                'distributor_id': referrer,
                'is_worth': sum(nets.values()) >= max(least, 1),
                'completed_at': fact.told_at if nets and complete else None,
                'hold_days': fact.hold_days,
            })
        return rows

    @api.model
    def _get_unpaid_orders(self, order_ids):
        """Return those of the orders of which something is not invoiced and paid yet."""
        if not order_ids:
            return set()
        orders = self.env['sale.order']
        return {order_id for order_id, in self.env.execute_query(SQL(
            """
            SELECT DISTINCT l.order_id
              FROM sale_order_line l
              JOIN sale_order o ON o.id = l.order_id
      JOIN LATERAL (%(invoiced)s) invoiced ON TRUE
             WHERE l.order_id = ANY(%(orders)s) AND %(role)s = 'goods' AND l.price_subtotal > 0
               AND invoiced.sold_quantity < l.product_uom_qty
            """, invoiced=orders._distribution_invoiced(), role=orders._distribution_role(), orders=order_ids))}

    # === BUSINESS METHODS - GIVING === #

    @api.model
    def _cron_give(self):
        """Give what is due and take back what is not any more, company by company, in batches."""
        now = fields.Datetime.now()
        for company in self.env['res.company'].search([]):  # pylint: disable=no-search-all
            for step in (self._give, self._take_back):
                while done := step(company, now):
                    if not self.env['ir.cron']._commit_progress(done):
                        return

    @api.model
    def _give(self, company, now, limit=_BATCH_SIZE):
        """Give the coupons of orders that are over their hold: each once, whoever else works on it.

        Those of distributors who are not active, or whose money is held, wait.

        :return: How many coupons were given.
        :rtype: int
        """
        held = self.env['distribution.commission']._get_held_distributors(company)
        coupons_sudo = self.sudo()._lock(company, SQL(
            """
            given_at IS NULL AND is_worth AND due_on <= %s::timestamp AND distributor_id != ALL(%s)
            AND EXISTS (SELECT FROM distribution_distributor d WHERE d.id = distributor_id AND d.state = 'active')
            """, now, held.ids), limit)
        cards_sudo = self.env['loyalty.card'].sudo().create([coupon._prepare_card(now) for coupon in coupons_sudo])
        self.env['loyalty.history'].sudo().create([
            {'card_id': card.id, 'issued': card.points, 'description': self.env._("Thanks for a referral")}
            for card in cards_sudo
        ])
        for coupon, card in zip(coupons_sudo, cards_sudo, strict=True):
            coupon.write({'card_id': card.id, 'given_at': now})
        self.flush_model()
        return len(coupons_sudo)

    @api.model
    def _take_back(self, company, now, limit=_BATCH_SIZE):
        """Archive the coupons of orders of which nothing is left. One that was used stays used.

        :return: How many orders were looked at.
        :rtype: int
        """
        coupons_sudo = self.sudo()._lock(company, SQL(
            "given_at IS NOT NULL AND taken_back_at IS NULL AND is_worth IS NOT TRUE"), limit)
        coupons_sudo.card_id.filtered(lambda card: not card.use_count).action_archive()
        coupons_sudo.write({'taken_back_at': now})
        self.flush_model()
        return len(coupons_sudo)

    @api.model
    def _lock(self, company, condition, limit):
        """Return the coupons of a company that a condition holds for, locked; not those that others work on.

        An order that waits to be looked at is left out: what its documents say is not known yet.
        """
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            """
            SELECT id FROM distribution_coupon
             WHERE company_id = %(company)s AND %(condition)s
               AND NOT EXISTS (
                   SELECT FROM distribution_attribution a
                     JOIN distribution_event e ON e.order_ref = a.order_id
                    WHERE a.id = attribution_id)
          ORDER BY id
             LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED
            """, company=company.id, condition=condition, limit=limit))
        return self.browse(id_ for id_, in rows)

    # === GETTERS === #

    def _prepare_card(self, now):
        """Return the values of the card. Not the order: `sale_loyalty` counts its buyer among the recipients."""
        self.ensure_one()
        version = self.attribution_id.plan_version_id
        return {
            'program_id': version.coupon_program_id.id,
            'partner_id': self.distributor_id.partner_id.id,
            'points': version.coupon_points,
            'expiration_date': fields.Date.add(now.date(), days=version.coupon_days) if version.coupon_days else False,
        }
