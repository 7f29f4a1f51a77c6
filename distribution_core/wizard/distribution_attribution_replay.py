from odoo import Command, api, fields, models

from ..attribution import decide, from_evidence


class DistributionAttributionReplay(models.TransientModel):
    """Answer a dispute: whom would this order have been credited to under other rules? Changes nothing."""
    _name = 'distribution.attribution.replay'
    _description = "Replay of an Attribution"

    attribution_id = fields.Many2one(comodel_name='distribution.attribution', required=True, readonly=True)
    company_id = fields.Many2one(related='attribution_id.company_id')
    pinned_id = fields.Many2one(related='attribution_id.distributor_id', string="Credited")
    policy_id = fields.Many2one(
        comodel_name='distribution.policy',
        required=True,
        domain="[('company_id', '=', company_id)]",
        help="The rules under which the evidence of the order is judged again.",
    )
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', string="Would Be Credited", compute='_compute_line_ids')
    line_ids = fields.One2many(
        comodel_name='distribution.attribution.replay.line', inverse_name='replay_id', compute='_compute_line_ids')

    @api.depends('attribution_id', 'policy_id')
    def _compute_line_ids(self):
        policies = self.env['distribution.policy']
        for replay in self:
            claims, buyer, _pinned = from_evidence(replay.attribution_id.evidence)
            decision = decide(
                claims, buyer, policies._to_attribution_policy(replay.policy_id or replay.attribution_id.policy_id),
                replay.attribution_id.pinned_at)
            won = [(decision.claim, 'won')] if decision.claim else []
            outcomes = won + list(decision.refused) + [(claim, 'lost') for claim in decision.lost]
            replay.distributor_id = decision.claim and decision.claim.member.id
            replay.line_ids = [Command.clear()] + [
                Command.create({
                    'distributor_id': claim.member.id,
                    'source': claim.source,
                    'at': claim.at,
                    'outcome': outcome,
                })
                for claim, outcome in outcomes
            ]


class DistributionAttributionReplayLine(models.TransientModel):
    """One claim, and what becomes of it under the replayed policy."""
    _name = 'distribution.attribution.replay.line'
    _description = "Claim in a Replay"

    replay_id = fields.Many2one(comodel_name='distribution.attribution.replay', required=True, ondelete='cascade')
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    source = fields.Selection(
        selection=lambda self: self.env['distribution.attribution']._fields['source'].selection, readonly=True)
    at = fields.Datetime(string="When", readonly=True)
    outcome = fields.Selection(
        selection=[
            ('won', "Credited"),
            ('lost', "Stood behind"),
            ('expired', "Too old"),
            ('future', "After the order"),
            ('unbound', "Bindings do not count"),
            ('known', "Not a new customer"),
            ('inactive', "Distributor not active"),
            ('unaccepted', "Agreement not accepted"),
            ('self', "Is the buyer"),
        ],
        readonly=True,
    )
