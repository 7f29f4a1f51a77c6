from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..compliance import find_claims

# What a published text consists of. The rest of the record (followers, activities) is not the text.
_FROZEN_FIELDS = {
    'name', 'kind', 'body', 'company_id', 'number', 'state', 'published_at', 'published_by_id', 'effective_from',
}


class DistributionAgreement(models.Model):
    """A version of a text that distributors live by: agreement, commission rules, privacy notice.

    Written as a draft, frozen and numbered when it is published, in force from a moment that leaves the
    notice period of the policy. The latest published version that has begun is in force; the one
    before it ends there. A published version is never edited and never deleted.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | officer | own companies'  | x    |       |        |        |
    | manager | own companies'  | x    | draft | x      | draft  |
    +---------+-----------------+------+-------+--------+--------+

    Everybody else reads the published texts on the public page.
    """
    _name = 'distribution.agreement'
    _description = "Distribution Agreement"
    _inherit = ['mail.thread']
    _order = 'company_id, kind, number desc, id desc'
    _check_company_auto = True

    name = fields.Char(string="Title", required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ('agreement', "Distributor agreement"),
            ('rules', "Commission rules"),
            ('privacy', "Privacy notice"),
        ],
        required=True,
        default='agreement',
    )
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    body = fields.Html(string="Text", translate=True, sanitize=True, sanitize_style=True)
    number = fields.Integer(string="Version", readonly=True, copy=False, help="Given when it is published.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('published', "Published")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
    )
    published_at = fields.Datetime(readonly=True, copy=False)
    published_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False)
    effective_from = fields.Datetime(
        string="In Force from",
        copy=False,
        tracking=True,
        help="Empty: as soon as the notice period of the policy allows.",
    )
    status = fields.Selection(
        selection=[
            ('draft', "Draft"), ('coming', "Coming"), ('in_force', "In force"), ('superseded', "Superseded"),
        ],
        compute='_compute_status',
    )
    acceptance_ids = fields.One2many(
        comodel_name='distribution.agreement.acceptance', inverse_name='agreement_id', string="Acceptances")
    acceptance_count = fields.Integer(compute='_compute_acceptance_count')

    _number_uniq = models.UniqueIndex(
        "(company_id, kind, number) WHERE state = 'published'", "This version is published already.")
    _check_published = models.Constraint(
        "CHECK (state = 'draft' OR (number > 0 AND published_at IS NOT NULL AND effective_from >= published_at))",
        "A published version has a number and begins at its publication or later.",
    )

    # === COMPUTE METHODS === #

    @api.depends('name', 'number')
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = (
                self.env._("%(title)s, version %(number)s", title=agreement.name, number=agreement.number)
                if agreement.number else agreement.name)

    @api.depends('state', 'effective_from')
    def _compute_status(self):
        now = fields.Datetime.now()
        for agreement in self:
            if agreement.state != 'published':
                agreement.status = 'draft'
            elif agreement.effective_from > now:
                agreement.status = 'coming'
            else:
                in_force = self._get_in_force(agreement.company_id, agreement.kind)
                agreement.status = 'in_force' if agreement == in_force else 'superseded'

    @api.depends('acceptance_ids')
    def _compute_acceptance_count(self):
        counts = dict(self.env['distribution.agreement.acceptance']._read_group(
            [('agreement_id', 'in', self.ids)], ['agreement_id'], ['__count']))
        for agreement in self:
            agreement.acceptance_count = counts.get(agreement, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        if not _FROZEN_FIELDS.isdisjoint(vals):
            self._check_not_published()
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=''):
        """Override of `base`: a translation is a text as well."""
        if field_name in _FROZEN_FIELDS:
            self._check_not_published()
        return super()._update_field_translations(field_name, translations, digest, source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(agreement.state == 'published' for agreement in self):
            raise UserError(self.env._("A published version is kept. Publish a new version instead."))

    def _check_not_published(self):
        if any(agreement.state == 'published' for agreement in self):
            raise UserError(self.env._(
                "A published version is not changed any more: distributors may have accepted it. "
                "Make a new version instead."))

    # === ACTION METHODS === #

    def action_publish(self):
        """Button: freeze the text, give it its number, and let it begin after the notice period."""
        self.check_access('write')
        for agreement in self.sorted('id'):
            agreement._publish()

    def action_new_version(self):
        """Button: a draft with the same text."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': self.copy().id,
        }

    def action_view_acceptances(self):
        """Smart button: who accepted this version."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'distribution_core.distribution_agreement_acceptance_action'),
            'domain': [('agreement_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _publish(self):
        self.ensure_one()
        self.lock_for_update()
        if self.state == 'published':
            return
        if not self.body or not self.body.striptags().strip():
            raise UserError(self.env._("There is no text to publish yet."))
        claims = self._get_claims()
        if claims:
            raise UserError(self.env._("A text of the company does not promise income: %s", ", ".join(claims)))
        now = fields.Datetime.now()
        earliest = self._get_earliest_begin(now)
        if self.effective_from and self.effective_from < earliest:
            raise UserError(self.env._(
                "Changes are announced beforehand: this version can be in force from %s at the earliest.",
                fields.Datetime.context_timestamp(self, earliest).strftime('%Y-%m-%d %H:%M')))
        self.write({
            'state': 'published',
            'number': self._get_latest().number + 1,
            'published_at': now,
            'published_by_id': self.env.uid,
            'effective_from': self.effective_from or earliest,
        })

    # === GETTERS === #

    def _get_claims(self):
        """Return the income claims that this text makes in any installed language (R23).

        :rtype: list[str]
        """
        self.ensure_one()
        claims = []
        for code, _name in self.env['res.lang'].get_installed():
            text = self.with_context(lang=code)
            claims += find_claims(text.name) + find_claims(text.body.striptags() if text.body else '')
        return list(dict.fromkeys(claims))

    def _get_latest(self):
        """Return the version of this kind that was published last."""
        return self.search([
            ('company_id', '=', self.company_id.id),
            ('kind', '=', self.kind),
            ('state', '=', 'published'),
        ], order='number desc', limit=1)

    def _get_earliest_begin(self, now):
        """Return from when this draft may be in force: the first of its kind at once, the others after notice.

        Not before the version that was published last, so that the numbers stand in the order of time.
        """
        latest = self._get_latest()
        if not latest:
            return now
        notice = relativedelta(days=self.env['distribution.policy'].sudo()._get_in_force(self.company_id).notice_days)
        return max(now + notice, latest.effective_from)

    @api.model
    def _get_in_force(self, company, kind='agreement', on=None):
        """Return the version in force, or an empty recordset when the company has none.

        :param res.company company:
        :param str kind:
        :param datetime|None on: Now if not given.
        :rtype: distribution.agreement
        """
        return self.search([
            ('company_id', '=', company.id),
            ('kind', '=', kind),
            ('state', '=', 'published'),
            ('effective_from', '<=', on or fields.Datetime.now()),
        ], order='number desc', limit=1)

    @api.model
    def _get_coming(self, company, kind='agreement'):
        """Return the next version that is published and not yet in force."""
        return self.search([
            ('company_id', '=', company.id),
            ('kind', '=', kind),
            ('state', '=', 'published'),
            ('effective_from', '>', fields.Datetime.now()),
        ], order='number', limit=1)
