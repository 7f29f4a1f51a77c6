"""Where distributors are told of by WeChat, too: a line in the outbox for each, in the transaction of what happens."""
from odoo import api, fields, models

from .distribution_wechat_template import APPLICATION

_TOLD_STEPS = ('approved', 'paid', 'refused', 'failed', 'returned')
_APPLICATION_STEPS = {
    'distribution_core.mail_template_application_approved': 'approved',
    'distribution_core.mail_template_application_refused': 'refused',
}


class DistributionTransfer(models.Model):
    _inherit = 'distribution.transfer'

    @api.model
    def _post(self, transfers, company, now=None, **kwargs):
        """Override of `distribution_commission` to tell of commissions, and of those that became available."""
        count = super()._post(transfers, company, now, **kwargs)
        if count:
            self.env['distribution.wechat.notice'].sudo()._queue_transfers(transfers, company)
        return count


class DistributionSettlement(models.Model):
    _inherit = 'distribution.settlement'

    def _set_told(self):
        """Override of `distribution_commission`."""
        for company, statements in self.grouped('company_id').items():
            self.env['distribution.wechat.notice'].sudo()._queue(company, [{
                'key': f'settlement:{statement.id}',
                'topic': 'settlement',
                'distributor_id': statement.distributor_id.id,
                'amount': statement.due_amount,
                'reference': statement.name,
            } for statement in statements])
        return super()._set_told()


class DistributionWithdrawal(models.Model):
    _inherit = 'distribution.withdrawal'

    def _update_state(self, allowed_states, target_state):
        """Override of the mixin: of a withdrawal its steps are told, but not the distributor's own."""
        has_moved = super()._update_state(allowed_states, target_state)
        if has_moved and target_state in _TOLD_STEPS:
            self.env['distribution.wechat.notice'].sudo()._queue(self.company_id, [{
                # What failed may be approved again.
                'key': f'withdrawal:{self.id}:{target_state}:{fields.Datetime.now().timestamp():.0f}',
                'topic': 'withdrawal',
                'distributor_id': self.distributor_id.id,
                'step': target_state,
                'amount': self.amount,
                'reference': self.name,
            }])
        return has_moved


class DistributionLevelHistory(models.Model):
    _inherit = 'distribution.level.history'

    @api.model
    def _record(self, distributors, source, reason=None, kept_until=None):
        """Override of `distribution_core`."""
        res = super()._record(distributors, source, reason, kept_until)
        if source == 'manual':
            self._tell_of_levels(distributors)
        return res

    @api.model
    def _record_run(self, run):
        """Override of `distribution_core`."""
        res = super()._record_run(run)
        self._tell_of_levels(run.line_ids.filtered(
            lambda line: line.outcome == 'applied' and line.direction in ('promotion', 'demotion')).distributor_id)
        return res

    @api.model
    def _tell_of_levels(self, distributors):
        moment = f'{fields.Datetime.now().timestamp():.0f}'
        for company, own in distributors.grouped('company_id').items():
            self.env['distribution.wechat.notice'].sudo()._queue(company, [
                {'key': f'level:{distributor.id}:{moment}', 'topic': 'level', 'distributor_id': distributor.id}
                for distributor in own])


class DistributionApplication(models.Model):
    _inherit = 'distribution.application'

    def _send_mail(self, template_xmlid):
        """Override of `distribution_core`: the result is told by mail in any case, and here besides."""
        if step := _APPLICATION_STEPS.get(template_xmlid):
            for application in self.filtered('partner_id'):
                self.env['distribution.wechat.notice'].sudo()._queue(application.company_id, [{
                    'key': f'application:{application.id}:{step}',
                    'topic': APPLICATION,
                    'partner_id': application.partner_id.id,
                    'step': step,
                }])
        return super()._send_mail(template_xmlid)
