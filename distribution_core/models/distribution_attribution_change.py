from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..attribution import Buyer, Claim, Member, chain
from .distribution_policy import PAID_TIERS_CEILING
from .sale_order_claims import IDENTITY


class DistributionAttributionChange(models.Model):
    """Who was credited with an order until when, and why a person changed that.

    As with uplines, the attribution says what holds, and this what held before it.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.attribution.change'
    _description = "Change of an Attribution"
    _inherit = ['distribution.append.only']
    _order = 'until_at desc, id desc'
    _rec_name = 'reason'

    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution', required=True, index=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one(related='attribution_id.company_id')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', string="Credited until then", index='btree_not_null',
        ondelete='restrict', readonly=True, help="Empty: nobody.")
    source = fields.Char(readonly=True)
    tiers = fields.Json(readonly=True, help="Tier, distributor, level and refusal of each who stood in the chain.")
    until_at = fields.Datetime(string="Until", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    author_id = fields.Many2one(comodel_name='res.users', string="Changed by", required=True, readonly=True)


class DistributionAttribution(models.Model):
    _inherit = 'distribution.attribution'

    change_ids = fields.One2many(
        comodel_name='distribution.attribution.change', inverse_name='attribution_id', readonly=True)

    # === ACTION METHODS === #

    def action_change_distributor(self):
        """Button: ask whom the order is credited to instead, and why."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_attribution_relink_action'),
            'context': {'default_attribution_id': self.id},
        }

    # === BUSINESS METHODS === #

    def _set_distributor(self, distributor, reason):
        """Credit the order to somebody else, as it would have been at confirmation, and tell both.

        The chain and the levels are those of the moment of confirmation; so are the policy and whatever
        else is pinned. Regional agents stay.

        :param distribution.distributor distributor: Empty: to nobody.
        :param str reason: Kept, and told to both.
        :raise UserError: If the distributor is credited already, is not active, or is the buyer.
        """
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset()
        if distributor == self.distributor_id:
            raise UserError(self.env._("The order is credited to %s already.", distributor.display_name or "–"))
        tiers = self._get_tiers_of(distributor)
        if tiers and tiers[0].refusal:
            refusals = dict(self.env['distribution.attribution.tier']._fields['refusal']._description_selection(self.env))
            raise UserError(self.env._(
                "%(distributor)s cannot be credited with this order: %(reason)s.",
                distributor=distributor.display_name, reason=refusals[tiers[0].refusal]))
        before = self.distributor_id
        self._record_change(reason)
        self.tier_ids.filtered(lambda tier: tier.tier <= PAID_TIERS_CEILING).unlink()
        self.write({
            'distributor_id': distributor.id,
            'source': 'staff' if distributor else False,
            'touch_id': False,
            'binding_due': False,
            'tier_ids': [fields.Command.create({
                'tier': tier.tier,
                'distributor_id': tier.member.id,
                'level_id': tier.member.level_id,
                'refusal': tier.refusal,
            }) for tier in tiers],
        })
        for concerned in before, distributor:
            concerned._inform(
                self.env._("Order %s: credited to another distributor", self.order_id.name),
                self.env._("Who is credited with this order was corrected. Reason: %s", reason))

    def _record_change(self, reason):
        self.env['distribution.attribution.change'].create({
            'attribution_id': self.id,
            'distributor_id': self.distributor_id.id,
            'source': self.source,
            'tiers': [
                [tier.tier, tier.distributor_id.id, tier.level_id.id, tier.refusal or ''] for tier in self.tier_ids],
            'until_at': fields.Datetime.now(),
            'reason': reason,
            'author_id': self.env.uid,
        })

    # === GETTERS === #

    def _get_tiers_of(self, distributor):
        """Return the chain that a distributor would have had at the confirmation of the order.

        :rtype: list[Tier]
        """
        if not distributor:
            return []
        depth = self.policy_id.max_paid_tiers
        uplines = self.env['distribution.upline']._get_leveled_chain_at(distributor, self.pinned_at, depth)
        buyers = self.order_id.partner_id | self.order_id.partner_shipping_id
        members = distributor.union(*(member for member, _level in uplines))
        identities = self._get_identities(buyers | members.partner_id)
        claim = Claim(source='staff', at=self.pinned_at, uplines=tuple(
            Member(member.id, member.state, level.id or None, identities[member.partner_id.id])
            for member, level in uplines))
        buyer = Buyer(frozenset().union(*(identities[partner.id] for partner in buyers)))
        return chain(claim, buyer, depth)

    def _get_identities(self, partners):
        self.env.flush_all()
        return {
            id_: self.env['sale.order']._distribution_to_identities(person)
            for id_, person in self.env.execute_query(SQL(
                "SELECT person.id, %s FROM res_partner person WHERE person.id = ANY(%s)",
                IDENTITY, partners.ids))
        }
