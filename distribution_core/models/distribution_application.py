from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, hash_sign, verify_hash_signed

STATES = [
    ('submitted', "Submitted"),
    ('approved', "Approved"),
    ('refused', "Refused"),
    ('withdrawn', "Withdrawn"),
]
_TOKEN_SCOPE = 'distribution-application-email'
_TOKEN_HOURS = 72


class DistributionApplication(models.Model):
    """Somebody asks to become a distributor, or a closed distributor to become one again.

    Comes from the public page, with declarations and an accepted agreement, free of charge. What happens
    on approval is in `distribution_application_approval.py`.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    | x     |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.application'
    _description = "Distributor Application"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    email = fields.Char(required=True, readonly=True)
    email_normalized = fields.Char(compute='_compute_email_normalized', store=True, index=True)
    email_verified_at = fields.Datetime(string="E-mail Verified on", readonly=True, copy=False)
    phone = fields.Char(readonly=True)
    lang = fields.Char(string="Language", readonly=True)
    kind = fields.Selection(
        selection=[('individual', "Individual"), ('sole_trader', "Sole trader"), ('company', "Company")],
        required=True,
        readonly=True,
        default='individual',
    )
    company_registry = fields.Char(string="Business Registration Number", readonly=True)
    message = fields.Text(readonly=True)
    is_adult = fields.Boolean(string="Declares to be 18 or older", readonly=True)
    is_not_barred = fields.Boolean(
        string="Declares to be neither an employee nor barred",
        readonly=True,
        help="Not employed by the company, and not kept by law or by an employer from such sales.",
    )
    knows_it_is_free = fields.Boolean(string="Knows that it is free of charge", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    inviter_id = fields.Many2one(
        comodel_name='distribution.distributor',
        string="Invited by",
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
        tracking=True,
        help="Becomes the upline. Nothing is ever paid for an invitation.",
    )
    partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Contact",
        index='btree_not_null',
        ondelete='restrict',
        tracking=True,
        help="Who was logged in while applying. Otherwise created on approval, unless you choose one.",
    )
    suggested_partner_id = fields.Many2one(
        comodel_name='res.partner',
        string="Same E-mail",
        compute='_compute_suggested_partner_id',
        help="A contact with the same e-mail address. Whether it is the same person is for you to say.",
    )
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor',
        readonly=True,
        index='btree_not_null',
        ondelete='restrict',
        check_company=True,
        copy=False,
    )
    acceptance_ids = fields.One2many(
        comodel_name='distribution.agreement.acceptance', inverse_name='application_id', string="Accepted Texts")
    device = fields.Char(string="Device (hash)", readonly=True)
    network = fields.Char(string="Network (hash)", readonly=True)
    visitor = fields.Char(string="Visitor (hash)", readonly=True)
    state = fields.Selection(
        selection=STATES, required=True, readonly=True, default='submitted', copy=False, tracking=True,
        group_expand=True)
    refusal_reason = fields.Char(readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False)

    _open_uniq = models.UniqueIndex(
        "(company_id, email_normalized) WHERE state = 'submitted'", "An application of this e-mail is open already.")
    _origin_idx = models.Index("(network, device) WHERE state = 'submitted'")
    _state_idx = models.Index('(company_id, state)')

    # === COMPUTE METHODS === #

    @api.depends('email')
    def _compute_email_normalized(self):
        for application in self:
            application.email_normalized = email_normalize(application.email)

    @api.depends('email_normalized', 'partner_id')
    def _compute_suggested_partner_id(self):
        for application in self:
            application.suggested_partner_id = not application.partner_id and self.env['res.partner'].search([
                ('email_normalized', '=', application.email_normalized),
                ('company_id', 'in', [application.company_id.id, False]),
            ], limit=1)

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Applications are kept. Refuse or withdraw it instead."))

    # === ACTION METHODS === #

    def action_approve(self):
        """Button: make the applicant a distributor."""
        self.check_access('write')
        for application in self:
            application._approve()

    def action_refuse(self):
        """Button: ask why, then refuse."""
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_application_refuse_action'),
            'context': {'default_application_ids': self.ids},
        }

    def action_withdraw(self):
        """Button: the applicant does not want it any more."""
        self.check_access('write')
        self._set_withdrawn()

    def action_use_suggested_partner(self):
        """Button: it is the same person."""
        for application in self:
            application.partner_id = application.suggested_partner_id

    def action_view_distributor(self):
        """Smart button: what became of it."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'distribution.distributor',
            'view_mode': 'form',
            'res_id': self.distributor_id.id,
        }

    # === BUSINESS METHODS - STATES === #

    def _set_refused(self, reason):
        """Refuse, and tell the applicant why."""
        refused = self._update_state(('submitted',), 'refused')
        refused.refusal_reason = reason
        refused._close_again(reason)
        refused._send_mail('distribution_core.mail_template_application_refused')

    def _set_withdrawn(self):
        self._update_state(('submitted',), 'withdrawn')._close_again(self.env._("Application withdrawn"))

    def _update_state(self, allowed_states, target_state):
        """The one gate through which states change, under the rows' locks.

        :return: Those that changed; being there already is no error.
        :rtype: distribution.application
        :raise UserError: from a state that is not allowed.
        """
        self.lock_for_update()
        self.invalidate_recordset(['state'])
        moving = self.filtered(lambda application: application.state != target_state)
        for application in moving:
            if application.state not in allowed_states:
                labels = dict(self._fields['state']._description_selection(self.env))
                raise UserError(self.env._(
                    "The application of %(name)s is “%(state)s” and cannot become “%(target)s” any more.",
                    name=application.name, state=labels[application.state], target=labels[target_state]))
        moving.write({
            'state': target_state,
            'decided_at': fields.Datetime.now(),
            'decided_by_id': self.env.uid,
        })
        moving.sudo().activity_unlink(['mail.mail_activity_data_todo'])
        return moving

    def _close_again(self, reason):
        """A distributor who asked to come back, and does not, is closed as before."""
        self.distributor_id.filtered(lambda distributor: distributor.state == 'applied')._set_closed(reason)

    # === BUSINESS METHODS - E-MAIL === #

    def _send_mail(self, template_xmlid):
        """Queue a mail for each application: the applicant's page never waits for a mail server."""
        template_sudo = self.env.ref(template_xmlid).sudo()
        for application in self:
            template_sudo.send_mail(application.id)
        if self:
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()

    def _get_verification_url(self):
        """Return the address that proves, for three days, that the applicant reads this e-mail address."""
        self.ensure_one()
        token = hash_sign(
            self.env(su=True), _TOKEN_SCOPE, [self.id, self.email_normalized], expiration_hours=_TOKEN_HOURS)
        return f'{self.company_id.get_base_url()}/distribution/apply/verify?token={token}'

    @api.model
    def _find_by_token(self, token):
        """Return the application that a verification link belongs to, or an empty recordset.

        :param object token: As it came from the link: forged, expired, malformed, or not even there.
        """
        try:
            values = verify_hash_signed(self.env(su=True), _TOKEN_SCOPE, token or '')
        except ValueError:      # not made by us at all
            values = None
        if not values:
            return self.browse()
        application_id, email = values
        return self.search([
            ('id', '=', application_id), ('email_normalized', '=', email),
            '|', ('state', '=', 'submitted'), ('email_verified_at', '!=', False),
        ])

    def _verify_email(self):
        """The applicant has proven to read the address; that may be all that was missing."""
        self.ensure_one()
        if self.email_verified_at or self.state != 'submitted':
            return
        self.email_verified_at = fields.Datetime.now()
        self._message_log(body=self.env._("The e-mail address is verified."))
        self._approve_automatically()

    # === GETTERS === #

    @api.model
    def _get_open(self, partner, company):
        """Return the open application of a logged-in person."""
        return self.search([
            ('partner_id', '=', partner.id), ('company_id', '=', company.id), ('state', '=', 'submitted'),
        ], limit=1)
