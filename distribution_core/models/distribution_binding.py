from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..attribution import Claim, Member, expiry, follow, from_evidence

_BATCH = 500


class DistributionBinding(models.Model):
    """Whose customer somebody is, from when until when, and what proves it.

    Bindings are closed and added, never edited. Credited orders make them, by the rules of
    `attribution/binding.py`, at the pace of a scheduled job and not in the customer's transaction;
    officers do by the wizard, with a reason.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | manager          | own companies'  | x    |       | x      |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.binding'
    _description = "Customer Binding"
    _order = 'from_at desc, id desc'
    _rec_name = 'partner_id'
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Customer", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', check_company=True)
    source = fields.Selection(
        selection=[
            ('code', "Code typed"), ('scan', "Scan"), ('visit', "Visit"), ('staff', "Staff"), ('import', "Import"),
        ],
        required=True,
        default='import',
    )
    from_at = fields.Datetime(string="From", required=True, default=fields.Datetime.now)
    until_at = fields.Datetime(string="Until")
    expires_at = fields.Datetime(string="Expires", help="The term that was in force when it began. Empty: none.")
    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution', string="Proved by", index='btree_not_null', ondelete='restrict')
    touch_id = fields.Many2one(
        comodel_name='distribution.touch', index='btree_not_null', ondelete='set null')
    reason = fields.Char()

    _open_uniq = models.UniqueIndex(
        '(partner_id, company_id) WHERE until_at IS NULL', "A customer belongs to one distributor at a time.")
    _check_period = models.Constraint(
        'CHECK (until_at IS NULL OR until_at >= from_at)', "A binding ends after it began.")

    # === CONSTRAINT METHODS === #

    @api.constrains('partner_id', 'distributor_id')
    def _check_is_not_the_distributor(self):
        for binding in self:
            if binding.partner_id.commercial_partner_id == binding.distributor_id.partner_id.commercial_partner_id:
                raise ValidationError(self.env._("Nobody is their own customer: %s.", binding.partner_id.display_name))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('partner_id'):      # people of one company are one customer
                partner = self.env['res.partner'].browse(vals['partner_id'])
                vals['partner_id'] = partner.commercial_partner_id.id
        return super().create(vals_list)

    # === ACTION METHODS === #

    def action_change(self):
        """Button of the list: ask whose customers these shall be."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_binding_change_action'),
            'context': {'default_partner_ids': self.partner_id.ids, 'default_company_id': self.company_id[:1].id},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _change(self, customers, distributor, reason):
        """Give customers to another distributor, or to nobody, and tell both sides.

        :param res.partner customers:
        :param distribution.distributor distributor: Empty: the customers belong to nobody.
        :param str reason: Kept, and told to both.
        :return: The bindings that begin.
        :rtype: distribution.binding
        """
        company = distributor.company_id or self.env.company
        customers = customers.commercial_partner_id
        ending = self.search([
            ('partner_id', 'in', customers.ids), ('company_id', '=', company.id), ('until_at', '=', False)])
        customers -= ending.filtered(lambda binding: binding.distributor_id == distributor).partner_id
        ending = ending.filtered(lambda binding: binding.partner_id in customers)
        now = fields.Datetime.now()
        ending._end(now)
        policies = self.env['distribution.policy']
        policy = policies._to_attribution_policy(policies._get_in_force(company))
        begun = self.create([{
            'partner_id': customer.id,
            'company_id': company.id,
            'distributor_id': distributor.id,
            'source': 'staff',
            'from_at': now,
            'expires_at': expiry(now, policy),
            'reason': reason,
        } for customer in customers]) if distributor else self.browse()
        for loser, bindings in ending.grouped('distributor_id').items():
            loser._inform(self.env._("Customers moved"), self.env._(
                "%(count)s of your customers no longer belong to you. Reason: %(reason)s",
                count=len(bindings), reason=reason))
        if begun:
            distributor._inform(self.env._("Customers moved"), self.env._(
                "%(count)s customers belong to you now. Reason: %(reason)s", count=len(begun), reason=reason))
        return begun

    def _end(self, at):
        self.write({'until_at': at})
        self.flush_recordset(['until_at'])      # before the next one opens: there is one at any moment

    @api.model
    def _cron_follow(self):
        """Make of credited orders what the policies say, batch by batch."""
        cron = self.env['ir.cron']
        remaining = self.env['distribution.attribution'].search_count([('binding_due', '=', True)])
        cron._commit_progress(remaining=remaining)
        while done := self._follow(_BATCH):
            if not cron._commit_progress(done):
                break

    @api.model
    def _follow(self, limit=None):
        """Let the bindings follow orders that were credited, the earlier order first.

        :param int|None limit: How many orders at most.
        :return: How many orders were looked at.
        :rtype: int
        """
        attributions = self.env['distribution.attribution'].search(
            [('binding_due', '=', True)], order='pinned_at, id', limit=limit).try_lock_for_update(allow_referencing=True)
        attributions = attributions.sorted(lambda attribution: (attribution.pinned_at, attribution.id))
        customers = attributions.order_id.partner_id.commercial_partner_id
        open_bindings = {
            (binding.partner_id, binding.company_id): binding
            for binding in self.search([('partner_id', 'in', customers.ids), ('until_at', '=', False)])
        }
        for attribution in attributions:
            key = (attribution.order_id.partner_id.commercial_partner_id, attribution.company_id)
            open_bindings[key] = open_bindings.get(key, self.browse())._follow_order(attribution)
        attributions.binding_due = False
        return len(attributions)

    def _follow_order(self, attribution):
        """Return the binding that is open after an order; `self` is the one before, or empty."""
        at = attribution.pinned_at
        if self and self.from_at > at:      # somebody has decided since
            return self
        claims, _buyer, policy = from_evidence(attribution.evidence)
        won = claims[0]
        if not follow(self._to_claim(), won, policy):
            return self
        if self:
            self._end(at)
        return self.create({
            'partner_id': attribution.order_id.partner_id.id,
            'company_id': attribution.company_id.id,
            'distributor_id': won.member.id,
            'source': self.source if won.source == 'binding' else won.source,
            'from_at': at,
            'expires_at': expiry(at, policy),
            'attribution_id': attribution.id,
            'touch_id': won.touch_id if self.env['distribution.touch'].browse(won.touch_id).exists() else False,
        })

    @api.model
    def _prepare_merge(self, partners):
        """End all but the oldest open binding of partners that are about to become one."""
        for bindings in self.search([
            ('partner_id', 'in', partners.ids), ('until_at', '=', False),
        ], order='from_at, id').grouped('company_id').values():
            bindings[1:]._end(fields.Datetime.now())

    # === GETTERS === #

    def _to_claim(self):
        if not self:
            return None
        member = Member(self.distributor_id.id, self.distributor_id.state, None, frozenset())
        return Claim('binding', self.from_at, (member,), self.touch_id.id or None, self.expires_at or None)

    @api.model
    def _get_at(self, customers, company, moment):
        """Return the bindings in which customers stood at a moment.

        :param res.partner customers:
        :param res.company company:
        :param datetime moment: UTC; a binding counts from its beginning until before its end.
        :rtype: distribution.binding
        """
        return self.search([
            ('partner_id', 'in', customers.commercial_partner_id.ids),
            ('company_id', '=', company.id),
            ('from_at', '<=', moment),
            '|', ('until_at', '=', False), ('until_at', '>', moment),
        ])
