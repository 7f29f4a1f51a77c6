from datetime import timedelta
from difflib import SequenceMatcher

from odoo import api, fields, models
from odoo.exceptions import UserError

_LIMITS = ('order_cap_amount', 'tier_cap_amount', 'min_order_amount', 'guards_margin', 'cut_order')


class DistributionPlanVersion(models.Model):
    """From draft to retirement: draft → submitted → scheduled → active → retired.

    Who approves is none of those who wrote the version, unless the policy of the company says that it
    has a single administrator. The first version of a company begins at once; one that follows another
    is published the policy's notice before it begins, and is never retroactive: an order keeps the
    version that was in force when it was confirmed.
    """
    _inherit = 'distribution.plan.version'

    author_id = fields.Many2one(
        comodel_name='res.users', readonly=True, copy=False, ondelete='restrict', help="Who changed it last.")
    submitted_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False, ondelete='restrict')
    approved_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False, ondelete='restrict')
    published_at = fields.Datetime(string="Published on", readonly=True, copy=False)
    effective_from = fields.Datetime(
        string="In Force from",
        copy=False,
        help="Empty: at once for the first version of a company, else as soon as the notice of the policy allows.",
    )
    changes = fields.Text(compute='_compute_changes')
    problems = fields.Text(compute='_compute_problems', help="What stands against the publication.")
    needs_second_person = fields.Boolean(compute='_compute_needs_second_person')

    _approved_uniq = models.UniqueIndex(
        "(company_id) WHERE state = 'approved'",
        "Another version of this company is scheduled. Take it back, or wait until it is in force.")
    _check_not_retroactive = models.Constraint(
        "CHECK (published_at IS NULL OR effective_from >= published_at)",
        "A version begins when it is published or later, never before.",
    )
    _check_published = models.Constraint(
        "CHECK (state <> 'approved' OR published_at IS NOT NULL AND effective_from IS NOT NULL)",
        "A scheduled version has a publication and a begin.",
    )

    # === COMPUTE METHODS === #

    @api.depends('rule_ids', 'cap_rate', 'state')
    def _compute_changes(self):
        for version in self:
            previous = version._get_previous()
            version.changes = "\n".join(version._get_diff_lines(previous)) if previous else False

    @api.depends('rule_ids', 'cap_rate', 'state', 'effective_from')
    def _compute_problems(self):
        for version in self:
            is_draft = version.state == 'draft' and version._origin
            version.problems = "\n".join(version._origin._get_policy_problems()) if is_draft else False

    @api.depends('company_id')
    def _compute_needs_second_person(self):
        for version in self:
            policy_sudo = self.env['distribution.policy'].sudo()._get_in_force(version.company_id)
            version.needs_second_person = policy_sudo.plan_second_person

    # === ACTION METHODS === #

    def action_submit(self):
        """Button: hand the draft to the person who approves."""
        self.check_access('write')
        for version in self:
            version._check_is_draft()
            version._check_publishable()
            version.sudo().write({'state': 'submitted', 'submitted_by_id': self.env.uid})
            version.plan_id.message_post(body=self.env._("Version %s waits for approval.", version.number))

    def action_withdraw(self):
        """Button: make a draft again of a version that nobody can have earned by."""
        self.check_access('write')
        self.lock_for_update()
        now = fields.Datetime.now()
        for version in self:
            if version.state != 'submitted' and not (version.state == 'approved' and version.effective_from > now):
                raise UserError(self.env._("Only a version that has not begun can be taken back."))
            version.sudo().write({
                'state': 'draft', 'submitted_by_id': False, 'approved_by_id': False, 'published_at': False,
                'effective_from': False, 'dossier_id': False, 'dossier_sha256': False,
            })
            version.plan_id.message_post(body=self.env._("Version %s was taken back.", version.number))
        self.env.registry.clear_cache()

    def action_approve(self):
        """Button of the second person: publish a submitted version."""
        for version in self:
            if version.state != 'submitted':
                raise UserError(self.env._("Only a submitted version can be approved."))
            version._publish()

    def action_activate(self):
        """Publish this draft without a second person, where the policy lets one person do both."""
        self.ensure_one()
        self._check_is_draft()
        self._publish()

    # === BUSINESS METHODS === #

    def _publish(self):
        """Make the decision: judge, schedule, freeze the dossier, and begin if it is time."""
        self.ensure_one()
        self.check_access('write')
        self.lock_for_update()
        self._check_second_person()
        now = fields.Datetime.now()
        begin = self.effective_from or self._get_earliest_begin(now)
        if begin < now:
            raise UserError(self.env._("A version cannot begin in the past: orders keep the version they had."))
        self.sudo().write({
            'state': 'approved', 'approved_by_id': self.env.uid, 'published_at': now, 'effective_from': begin})
        self._freeze_dossier()
        self.env.registry.clear_cache()
        if begin <= now:
            self._begin()
            return
        self.env.ref('distribution_commission.ir_cron_begin_plans').sudo()._trigger(begin)
        self.plan_id.message_post(body=self.env._(
            "Version %(number)s is published and in force from %(begin)s.",
            number=self.number, begin=fields.Datetime.context_timestamp(self, begin).strftime('%Y-%m-%d %H:%M')))

    def _begin(self):
        """Write down that a scheduled version is in force; the version before it retires and stays readable."""
        self.ensure_one()
        self._get_in_force(self.company_id).sudo().write({'state': 'retired', 'retired_at': self.effective_from})
        self.flush_model(['state'])     # The unique index sees one active version at any moment.
        self.sudo().write({
            'state': 'active', 'activated_at': self.effective_from, 'activated_by_id': self.approved_by_id.id})
        self.env.registry.clear_cache()
        self.plan_id.message_post(body=self.env._("Version %s is in force from now on.", self.number))

    @api.model
    def _cron_begin(self):
        """Write down which scheduled versions are in force; for orders they are since their very moment."""
        due = self.search([('state', '=', 'approved'), ('effective_from', '<=', fields.Datetime.now())])
        for version in due:
            version._begin()

    def _check_second_person(self):
        """Refuse that somebody approves what he or she wrote."""
        self.ensure_one()
        if self.needs_second_person and self.env.user in self._get_authors():
            raise UserError(self.env._(
                "You wrote or submitted this version: somebody else has to approve it. Submit it, and ask another "
                "administrator. A company with a single administrator says so in its policy."))

    # === GETTERS === #

    def _get_authors(self):
        """Return everybody who had a hand in this version."""
        rules = self.rule_ids
        return self.author_id | self.submitted_by_id | rules.create_uid | rules.write_uid

    @api.model
    def _get_in_force(self, company):
        """Return the version that is written down as active."""
        return self.search([('company_id', '=', company.id), ('state', '=', 'active')], limit=1)

    @api.model
    def _get_coming(self, company):
        """Return the version that is published and not yet written down as active."""
        return self.search([('company_id', '=', company.id), ('state', '=', 'approved')], limit=1)

    @api.model
    def _get_public(self, company):
        """Return the version in force at this very moment and the one that comes; each may be empty."""
        in_force = self.browse(self.env['distribution.plan']._get_active_version_id(company.id))
        return in_force, self._get_coming(company) - in_force

    def _get_previous(self):
        """Return the version that this one follows: of its plan, or else the one in force."""
        self.ensure_one()
        before = self.search([
            ('plan_id', '=', self.plan_id.id), ('number', '<', self.number), ('state', 'in', ('active', 'retired')),
        ], limit=1)
        if before or self.state in ('active', 'retired'):
            return before
        return self._get_in_force(self.company_id)

    def _get_followed(self):
        """Return what orders are confirmed by until this version begins."""
        return (self._get_in_force(self.company_id) | self._get_coming(self.company_id)) - self

    def _get_earliest_begin(self, now):
        """Return from when this version may be in force: at once, or after the notice when it follows another."""
        if not self._get_followed():
            return now
        policy_sudo = self.env['distribution.policy'].sudo()._get_in_force(self.company_id)
        return now + timedelta(days=policy_sudo.notice_days)

    def _get_notice_days(self):
        """Return the whole days between publication and begin, or None when nothing is followed."""
        if not self._get_followed():
            return None
        published_at = self.published_at or fields.Datetime.now()
        return ((self.effective_from or self._get_earliest_begin(published_at)) - published_at).days

    def _get_judged_on(self):
        """Return the day whose policy bounds this version: the one on which it begins, as published today."""
        begin = self.effective_from or self._get_earliest_begin(fields.Datetime.now())
        return fields.Datetime.context_timestamp(self, begin).date()

    def _get_diff_lines(self, other):
        """Return what is different from an older version, a line for each rule that came or went.

        Rules are compared as the kernel gets them and shown as people read them; a rule that moved in
        the list is one that went and came, because the order is the precedence.

        :param distribution.plan.version other:
        :rtype: list[str]
        """
        old, new = other._get_rule_words(), self._get_rule_words()
        lines = []
        matcher = SequenceMatcher(a=[key for key, _words in old], b=[key for key, _words in new], autojunk=False)
        for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
            if operation != 'equal':
                lines += [f"− {words}" for _key, words in old[old_from:old_to]]
                lines += [f"+ {words}" for _key, words in new[new_from:new_to]]
        if other.cap_rate != self.cap_rate:
            lines.append(self.env._("Cap: %(old)s %% → %(new)s %%", old=f"{other.cap_rate:g}", new=f"{self.cap_rate:g}"))
        for name in _LIMITS:
            if other[name] != self[name]:
                label = self._fields[name]._description_string(self.env)
                lines.append(f"{label}: {other._format_limit(name)} → {self._format_limit(name)}")
        return lines

    def _format_limit(self, name):
        """Return a limit as people read it."""
        field, value = self._fields[name], self[name]
        if field.type == 'monetary':
            return self.currency_id.format(value)
        if field.type == 'selection':
            return dict(field._description_selection(self.env))[value]
        return self.env._("yes") if value else self.env._("no")

    def _get_rule_words(self):
        """Return (what the kernel gets, what people read) of each rule, in order of precedence."""
        rules = self.rule_ids.sorted()
        return [
            (engine_rule._replace(id=0), rule._get_words())
            for rule, engine_rule in zip(rules, rules._to_engine(), strict=True)
        ]


class DistributionPlan(models.Model):
    _inherit = 'distribution.plan'

    description = fields.Text(
        translate=True, help="Shown above the rules on the public page. It promises no income.")
