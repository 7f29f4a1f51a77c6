import hashlib
import json

from odoo import api, fields, models


class DistributionPlanVersion(models.Model):
    """The dossier: what was known and decided when a version was published, frozen as a JSON file.

    The version refers to the file, so the database does not let it be deleted; its SHA-256 is kept
    beside it, so that a change shows. The PDF is the same file on paper: it reads nothing else.
    """
    _inherit = 'distribution.plan.version'

    dossier_id = fields.Many2one(
        comodel_name='ir.attachment', readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    dossier_sha256 = fields.Char(string="SHA-256 of the Dossier", readonly=True, copy=False)
    dossier_state = fields.Selection(
        selection=[('intact', "Intact"), ('changed', "Changed since")], compute='_compute_dossier_state')

    # === COMPUTE METHODS === #

    @api.depends('dossier_id', 'dossier_sha256')
    def _compute_dossier_state(self):
        for version in self:
            content = version._get_dossier_content()
            if not content:
                version.dossier_state = False
                continue
            is_intact = hashlib.sha256(content).hexdigest() == version.dossier_sha256
            version.dossier_state = 'intact' if is_intact else 'changed'

    # === ACTION METHODS === #

    def action_print_dossier(self):
        """Button: the dossier as a PDF."""
        return self.env.ref('distribution_commission.distribution_plan_version_action_report').report_action(self)

    # === BUSINESS METHODS === #

    def _freeze_dossier(self):
        """Keep what is decided now, once."""
        self.ensure_one()
        content = json.dumps(      # the ids of a scope are a set
            self._prepare_dossier(), default=sorted, ensure_ascii=False, indent=1, sort_keys=True).encode()
        attachment = self.env['ir.attachment'].sudo().create({
            'name': f"{self.display_name}.json",
            'raw': content,
            'mimetype': 'application/json',
            'res_model': self._name,
            'res_id': self.id,
        })
        self.sudo().write({'dossier_id': attachment.id, 'dossier_sha256': hashlib.sha256(content).hexdigest()})

    # === GETTERS === #

    def _get_dossier_content(self):
        """Return the bytes of the dossier; a form asks for the sizes of files in their stead."""
        return self.sudo().with_context(bin_size=False).dossier_id.raw

    def _get_dossier(self):
        """Return the frozen dossier, or an empty one before the publication.

        :rtype: dict
        """
        self.ensure_one()
        content = self._get_dossier_content()
        return json.loads(content) if content else {}

    def _prepare_dossier(self):
        """Return everything that the decision rests on, as plain values.

        :rtype: dict
        """
        policy = self.env['distribution.policy'].sudo()._get_in_force(self.company_id, self._get_judged_on())
        return {
            'plan': self.plan_id.name,
            'version': self.number,
            'company': self.company_id.name,
            'published_at': fields.Datetime.to_string(self.published_at),
            'effective_from': fields.Datetime.to_string(self.effective_from),
            'authors': self._get_authors().sorted('id').mapped('name'),
            'approved_by': self.approved_by_id.name,
            'cap_percent': self.cap_rate,
            'limits': self._to_engine()['limits']._asdict(),
            'rules': [
                {'words': words, 'engine': list(engine_rule)} for engine_rule, words in self._get_rule_words()],
            'changes': self._get_diff_lines(self._get_previous()) if self._get_previous() else [],
            'checks': [finding._asdict() for finding in self._get_legal_findings()],
            'scenarios': [scenario._get_result() for scenario in self.scenario_ids],
            'texts': self.plan_id._get_texts(),
            'policy': {
                'id': policy._origin.id or 0,
                'valid_from': fields.Date.to_string(policy.valid_from),
                'bounds': {name: policy._format_bound(name) for name in policy._get_compared_fields()},
            },
            'signoffs': [
                {
                    'rule': signoff.rule, 'bound': signoff.bound, 'user': signoff.user_id.name,
                    'signed_at': fields.Datetime.to_string(signoff.signed_at), 'risk': signoff.risk_text,
                    'reason': signoff.reason or '',
                }
                for signoff in policy.signoff_ids.sorted('id')
            ],
            'agreements': self._prepare_dossier_agreements(),
        }

    def _prepare_dossier_agreements(self):
        """Return which texts were in force, with a fingerprint of each."""
        agreements_sudo = self.env['distribution.agreement'].sudo()
        in_force = [
            agreements_sudo._get_in_force(self.company_id, kind)
            for kind, _label in agreements_sudo._fields['kind']._description_selection(self.env)]
        return [
            {'kind': text.kind, 'number': text.number, 'title': text.name,
             'sha256': hashlib.sha256((text.body or '').encode()).hexdigest()}
            for text in in_force if text
        ]
