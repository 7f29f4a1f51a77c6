import base64
import hashlib
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DistributionAuthorityExport(models.TransientModel):
    """Hand an authority the records of a period, and log who did it, when and why.

    The archive holds `records.json`, whose SHA-256 is shown here and kept in the log. Moments are UTC.
    Another module adds a section by extending `_get_sections`.

    +---------+---------+------+-------+--------+--------+
    | group   | records | read | write | create | unlink |
    +=========+=========+======+=======+========+========+
    | manager | own     | x    | x     | x      | x      |
    +---------+---------+------+-------+--------+--------+
    """
    _name = 'distribution.authority.export'
    _description = "Authority Export"

    company_id = fields.Many2one(comodel_name='res.company', required=True, default=lambda self: self.env.company)
    authority = fields.Char(string="Requested by", required=True)
    reason = fields.Char(required=True)
    from_at = fields.Datetime(string="From", required=True)
    until_at = fields.Datetime(string="Until", required=True, default=fields.Datetime.now)
    file = fields.Binary(readonly=True, attachment=False)
    filename = fields.Char(readonly=True)
    sha256 = fields.Char(string="SHA-256", readonly=True)

    # === CONSTRAINT METHODS === #

    @api.constrains('from_at', 'until_at')
    def _check_period(self):
        if any(export.from_at >= export.until_at for export in self):
            raise ValidationError(self.env._("The period ends after it begins."))

    # === ACTION METHODS === #

    def action_export(self):
        """Build the archive, log it, and show it with its hash."""
        self.ensure_one()
        self.company_id.check_access('read')
        sections = self.sudo()._get_sections()
        content = json.dumps(
            {**self._prepare_header(), **sections}, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode()
        digest = hashlib.sha256(content).hexdigest()
        self.env['distribution.export.log'].sudo().create(self._prepare_log(sections, digest))
        self.write({
            'file': base64.b64encode(self._pack(content, digest)),
            'filename': f"distribution_{self.from_at:%Y%m%d}_{self.until_at:%Y%m%d}.zip",
            'sha256': digest,
        })
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': self.id,
            'target': 'new',
        }

    # === GETTERS === #

    def _prepare_header(self):
        return {
            'company': self.company_id.name, 'authority': self.authority, 'reason': self.reason,
            'from': self.from_at, 'until': self.until_at,
        }

    def _prepare_log(self, sections, digest):
        return {
            'company_id': self.company_id.id,
            'authority': self.authority,
            'reason': self.reason,
            'from_at': self.from_at,
            'until_at': self.until_at,
            'user_id': self.env.uid,
            'sha256': digest,
            'counts': {name: len(rows) for name, rows in sections.items()},
        }

    @api.model
    def _pack(self, content, digest):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as pack:
            pack.writestr('records.json', content)
            pack.writestr('records.json.sha256', f"{digest}  records.json\n")
        return archive.getvalue()

    def _get_sections(self):
        """Return the records of the period by section, as plain rows.

        :rtype: dict[str, list[dict]]
        """
        return {
            'distributors': self._get_distributors(),
            'uplines': self._get_uplines(),
            'orders': self._get_orders(),
            'agreement_acceptances': self._get_acceptances(),
            'policies': self._get_policies(),
        }

    def _get_distributors(self):
        distributors = self.env['distribution.distributor'].search(
            [('company_id', '=', self.company_id.id), ('create_date', '<', self.until_at)], order='id')
        return [{
            'code': distributor.code,
            'name': distributor.partner_id.name,
            'kind': distributor.kind,
            'state': distributor.state,
            'active_since': distributor.active_since,
            'closed_at': distributor.closed_at,
        } for distributor in distributors]

    def _get_uplines(self):
        """Return the relations that held at any moment of the period."""
        uplines = self.env['distribution.upline'].search([
            ('distributor_id.company_id', '=', self.company_id.id),
            ('from_at', '<', self.until_at),
            '|', ('until_at', '=', False), ('until_at', '>', self.from_at),
        ], order='id')
        return [{
            'distributor': upline.distributor_id.code,
            'upline': upline.parent_id.code or None,
            'from': upline.from_at,
            'until': upline.until_at or None,
            'reason': upline.reason or None,
        } for upline in uplines]

    def _get_orders(self):
        """Return the orders that were attributed in the period, with everybody in their chain."""
        attributions = self.env['distribution.attribution'].search([
            ('company_id', '=', self.company_id.id), *self._get_period_domain('pinned_at')], order='id')
        return [{
            'order': attribution.order_id.name,
            'state': attribution.order_id.state,
            'confirmed_at': attribution.pinned_at,
            'customer': attribution.order_id.partner_id.name,
            'currency': attribution.order_id.currency_id.name,
            'untaxed': self._format_amount(attribution.order_id),
            'source': attribution.source or None,
            'policy_valid_from': attribution.policy_id.valid_from,
            'tiers': [
                {'tier': tier.tier, 'distributor': tier.distributor_id.code, 'earns_nothing': tier.refusal or None}
                for tier in attribution.tier_ids if not tier._is_agent()
            ],
            'agents': [
                {'role': agent._get_role_name(agent.tier), 'distributor': agent.distributor_id.code,
                 'earns_nothing': agent.refusal or None}
                for agent in attribution.tier_ids if agent._is_agent()
            ],
        } for attribution in attributions]

    @api.model
    def _format_amount(self, order):
        return f"{order.amount_untaxed:.{order.currency_id.decimal_places}f}"

    def _get_acceptances(self):
        if 'distribution.agreement.acceptance' not in self.env:
            return []
        acceptances = self.env['distribution.agreement.acceptance'].search([
            ('company_id', '=', self.company_id.id), *self._get_period_domain('accepted_at')], order='id')
        return [{
            'agreement': acceptance.agreement_id.display_name,
            'distributor': acceptance.distributor_id.code or None,
            'accepted_at': acceptance.accepted_at,
        } for acceptance in acceptances]

    def _get_policies(self):
        """Return every policy that was published, with its bounds and sign-offs."""
        policies = self.env['distribution.policy'].search(
            [('company_id', '=', self.company_id.id), ('is_draft', '=', False)], order='valid_from')
        return [{
            'valid_from': policy.valid_from,
            'published_at': policy.published_at or None,
            'author': policy.author_id.name,
            'reason': policy.reason or None,
            'bounds': {name: policy._format_bound(name) for name in policy._get_compared_fields()},
            'signoffs': [{
                'rule': signoff.rule, 'bound': signoff.bound, 'user': signoff.user_id.name,
                'signed_at': signoff.signed_at, 'risk': signoff.risk_text,
            } for signoff in policy.signoff_ids],
        } for policy in policies]

    def _get_period_domain(self, field):
        return [(field, '>=', self.from_at), (field, '<', self.until_at)]
