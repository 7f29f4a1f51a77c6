from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class DistributionDistributor(models.Model):
    """What a distributor accepted, how it leaves, and how deep the network may become."""
    _inherit = 'distribution.distributor'

    application_ids = fields.One2many(
        comodel_name='distribution.application',
        inverse_name='distributor_id',
        string="Applications",
        groups='distribution_core.group_distribution_user',
    )
    acceptance_ids = fields.One2many(
        comodel_name='distribution.agreement.acceptance',
        inverse_name='distributor_id',
        string="Accepted Texts",
        groups='distribution_core.group_distribution_user',
    )
    accepted_agreement_id = fields.Many2one(
        comodel_name='distribution.agreement',
        compute='_compute_accepted_agreement_id',
        compute_sudo=True,
        store=True,
        index='btree_not_null',
        help="The latest version of the distributor agreement that was accepted.",
    )
    has_accepted_agreement = fields.Boolean(
        string="Accepted what is in Force",
        compute='_compute_has_accepted_agreement',
        search='_search_has_accepted_agreement',
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends('acceptance_ids', 'application_ids.acceptance_ids')
    def _compute_accepted_agreement_id(self):
        for distributor in self:
            acceptances = distributor.acceptance_ids | distributor.application_ids.acceptance_ids
            accepted = acceptances.agreement_id.filtered(lambda agreement: agreement.kind == 'agreement')
            distributor.accepted_agreement_id = accepted.sorted('number')[-1:]

    @api.depends('accepted_agreement_id', 'company_id')
    def _compute_has_accepted_agreement(self):
        Agreement = self.env['distribution.agreement']
        in_force = {company: Agreement._get_in_force(company).number for company in self.company_id}
        for distributor in self:
            number = distributor.accepted_agreement_id.number
            distributor.has_accepted_agreement = number >= in_force.get(distributor.company_id, 0)

    @api.model
    def _search_has_accepted_agreement(self, operator, value):
        if operator != 'in':
            return NotImplemented
        agreements_sudo = self.env['distribution.agreement'].sudo()
        missing = Domain.FALSE
        for company in self.env['res.company'].sudo().search([]):  # pylint: disable=no-search-all
            in_force_sudo = agreements_sudo._get_in_force(company)
            if in_force_sudo:
                missing |= Domain('company_id', '=', company.id) & (
                    Domain('accepted_agreement_id', '=', False)
                    | Domain('accepted_agreement_id.number', '<', in_force_sudo.number))
        return Domain.OR([~missing if accepted else missing for accepted in set(value)])

    # === CONSTRAINT METHODS === #

    @api.constrains('parent_id')
    def _check_network_depth(self):
        """Hold every chain within the depth of the policy; who moves takes its team along."""
        for company, distributors in self.grouped('company_id').items():
            bound = self.env['distribution.policy'].sudo()._get_in_force(company).max_network_depth
            if bound and (depth := distributors._get_network_depth()) > bound:
                raise ValidationError(self.env._(
                    "The network would be %(depth)s levels deep, counting the company as level 1. "
                    "The policy allows %(bound)s.", depth=depth, bound=bound))

    # === ACTION METHODS === #

    def action_activate(self):
        """Override to decide on the open application as well, when a former distributor wants to come back."""
        returning = self.filtered(lambda distributor: distributor.state == 'applied')
        returning.application_ids.filtered(lambda application: application.state == 'submitted').action_approve()
        return super().action_activate()

    def action_approve(self):
        """Button of the list: activate drafts and applicants; whoever is suspended is not resumed by the way."""
        self.filtered(lambda distributor: distributor.state in ('draft', 'applied')).action_activate()

    def action_view_applications(self):
        """Smart button: how this distributor applied."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_application_action'),
            'domain': [('distributor_id', '=', self.id)],
            'context': {},
        }

    def action_view_acceptances(self):
        """Smart button: what this distributor accepted."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'distribution_core.distribution_agreement_acceptance_action'),
            'domain': ['|', ('distributor_id', '=', self.id), ('application_id.distributor_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _accept_agreement(self, agreement):
        """Record that the distributor accepts a version; the same once more adds nothing."""
        self.ensure_one()
        if agreement.kind == 'agreement' and agreement.number <= self.accepted_agreement_id.number:
            return
        self.env['distribution.agreement.acceptance']._record(
            agreement, distributor_id=self.id, partner_id=self.partner_id.id)

    def _resign(self, reason=None):
        """The distributor leaves by itself. What it has earned stays payable, its customers stay customers."""
        self.ensure_one()
        self._set_closed(self.env._("Resigned: %s", reason) if reason else self.env._("Resigned"))
        responsible = self.env['distribution.application']._get_responsible(self.company_id)
        if responsible:
            self.activity_schedule(
                'mail.mail_activity_data_todo',
                user_id=responsible.id,
                summary=self.env._("%s has resigned: settle what is open", self.partner_id.name),
            )

    # === GETTERS === #

    def _can_have_downlines(self):
        """Tell whether the policy lets somebody stand below."""
        self.ensure_one()
        bound = self.env['distribution.policy'].sudo()._get_in_force(self.company_id).max_network_depth
        return not bound or len(self.sudo().parent_path.split('/')) + 1 <= bound

    def _get_network_depth(self):
        """Return the level of the deepest one among these and all below them, the company being level 1.

        One statement: down from each along the index of the upline, so it costs what the teams are large.
        """
        self.flush_model(['parent_id', 'parent_path'])
        [[depth]] = self.env.execute_query(SQL(
            """
            WITH RECURSIVE team(id, depth) AS (
                SELECT id, array_length(string_to_array(parent_path, '/'), 1)
                  FROM distribution_distributor WHERE id = ANY(%s)
                 UNION
                SELECT below.id, team.depth + 1
                  FROM team
                  JOIN distribution_distributor below ON below.parent_id = team.id
            )
            SELECT max(depth) FROM team
            """, self.ids))
        return depth or 0
