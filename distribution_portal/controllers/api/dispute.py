from odoo.http import request

from . import schema as s
from .base import DistributionApi
from .operation import operation
from .values import day, money_or_none, time

MODEL = 'distribution.dispute'
_MAX_TEXT = 4000
_PROPERTIES = {
    'id': s.ID,
    'number': s.STRING,
    'submitted_at': s.TIME,
    'state': s.selection(MODEL, 'state'),
    'kind': s.selection(MODEL, 'kind'),
    'commission_id': s.nullable(s.ID),
    'order': s.nullable(s.STRING),
    'answer_by': s.described(s.nullable(s.DATE), "The day on which the answer is there at the latest."),
}
DISPUTE = s.named('Dispute', s.obj(**_PROPERTIES))
DETAILED = s.named('DetailedDispute', s.obj(
    **_PROPERTIES,
    description=s.STRING,
    messages=s.list_of(s.obj(at=s.TIME, text=s.STRING, is_own=s.described(s.BOOLEAN, "Else it is the company's."))),
    decision=s.described(s.nullable(s.STRING), "The answer, with its reason."),
    adjusted=s.described(s.nullable(s.MONEY), "By how much the commission was mended."),
))


class DistributionDisputeApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/disputes', s.page_of(DISPUTE), query=s.PAGE_QUERY)
    def api_disputes(self, limit, offset):
        """List objections."""
        return self._api_list(MODEL, self._api_read_dispute, limit, offset)

    @operation('POST', '/disputes', DETAILED, statuses=(201,), body=s.body(
        ('commission_id', 'order'), kind=s.selection(MODEL, 'kind'), commission_id=s.ID, order=s.text(64),
        description=s.text(_MAX_TEXT)))
    def api_dispute_create(self, body):
        """Object to a commission, or to anything else."""
        distributor = self._api_get_distributor()
        commission = request.env['distribution.commission']
        if 'commission_id' in body:
            commission = self._api_find('distribution.commission', body['commission_id'])
        return self._api_read_detailed_dispute(request.env[MODEL].sudo()._submit(distributor, {
            'kind': body['kind'],
            'commission_id': commission.id,
            'order_name': commission.order_name or body.get('order'),
            'description': body['description'],
        }))

    @operation('GET', '/disputes/{dispute_id}', DETAILED)
    def api_dispute(self, dispute_id):
        """Show an objection with its answer."""
        return self._api_read_detailed_dispute(self._api_find(MODEL, dispute_id))

    @operation(
        'POST', '/disputes/{dispute_id}/messages', DETAILED, body=s.body(text=s.text(_MAX_TEXT)), statuses=(201,))
    def api_dispute_message(self, dispute_id, body):
        """Add something to an objection that is open."""
        dispute = self._api_find(MODEL, dispute_id)
        dispute.sudo()._add_message(body['text'])
        return self._api_read_detailed_dispute(dispute)

    @operation('DELETE', '/disputes/{dispute_id}', DETAILED)
    def api_dispute_delete(self, dispute_id):
        """Take an objection back. The record stays."""
        dispute = self._api_find(MODEL, dispute_id)
        dispute.sudo()._withdraw()
        return self._api_read_detailed_dispute(dispute)

    # === READING === #

    @staticmethod
    def _api_read_dispute(dispute):
        return {
            'id': dispute.id,
            'number': dispute.name,
            'submitted_at': time(dispute.submitted_at),
            'state': dispute.state,
            'kind': dispute.kind,
            'commission_id': dispute.commission_id.id or None,
            'order': dispute.order_name or None,
            'answer_by': day(dispute.answer_by),
        }

    def _api_read_detailed_dispute(self, dispute):
        is_decided = dispute.state in ('upheld', 'rejected')
        return {
            **self._api_read_dispute(dispute),
            'description': dispute.description,
            'messages': [
                {'at': time(message['at']), 'text': message['text'], 'is_own': message['is_own']}
                for message in dispute._get_messages()],
            'decision': dispute.decision or None if is_decided else None,
            'adjusted': money_or_none(dispute.adjusted_amount, dispute.currency_id) if is_decided else None,
        }
