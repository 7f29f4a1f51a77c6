import json

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import groupby

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

# What somebody says about who referred an order.
_ENTRIES = {'distributor_id', 'distribution_code'}


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
        now = fields.Datetime.now()
        rows = self._distribution_get_claims(now)
        vals_list = [
            self._distribution_prepare_attribution(order_id, claims, now)
            for order_id, claims in groupby(rows, key=lambda row: row['order_id'])
            if self._distribution_is_attributable(claims, now)
        ]
        self.env['distribution.attribution']._pin(vals_list)
        return self.browse(vals['order_id'] for vals in vals_list)

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
        policy = self.env['distribution.policy']._to_attribution_policy(first['policy'])
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
        partner_id, commercial_id, phone, email, accounts, persons, *address = person
        return identities(partner_id, commercial_id, phone, email, accounts, address, persons)
