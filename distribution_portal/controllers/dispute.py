from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.distribution_core.models.distribution_application_submission import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENTS,
)

from .portal import DistributionPortal


class DistributionDisputePortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/disputes', '/my/distribution/disputes/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_disputes(self, page=1, **_kwargs):
        """List what the distributor objected to."""
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_disputes',
            'distribution.dispute',
            '/my/distribution/disputes',
            page,
            distribution_page='disputes',
        )

    @route(
        '/my/distribution/disputes/<int:dispute_id>',
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_dispute(self, dispute_id, **_kwargs):
        """Show an objection with its answer."""
        distributor = self._get_own_distributor()
        dispute = self._find_own('distribution.dispute', dispute_id, distributor)
        return self._render_distribution('distribution_portal.portal_distribution_dispute', distributor, {
            'dispute': dispute,
            'documents_sudo': request.env['ir.attachment'].sudo().search([
                ('res_model', '=', 'distribution.dispute'), ('res_id', '=', dispute.id), ('res_field', '=', False)]),
            'distribution_page': 'disputes',
        })

    @route(
        '/my/distribution/disputes/new', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_dispute_form(self, commission='', **_kwargs):
        """Ask what is wrong, about a commission or without one."""
        distributor = self._get_own_distributor()
        return self._render_dispute_form(distributor, self._find_commission(distributor, commission))

    @route('/my/distribution/disputes/new', type='http', auth='user', methods=['POST'], website=True)
    def distribution_dispute_submit(self, commission='', kind='', order_name='', description='', **_kwargs):
        """Take an objection; when it cannot be taken, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        own = self._find_commission(distributor, commission)
        if not distributor:
            return self._render_dispute_form(distributor, own)
        typed = {'kind': kind, 'order_name': order_name, 'description': description}
        try:
            dispute_sudo = self._submit_dispute(distributor, own, typed)
        except UserError as error:
            return self._render_dispute_form(distributor, own, typed=typed, error=error.args[0])
        return request.redirect(dispute_sudo._get_portal_url())

    @route(
        '/my/distribution/disputes/<int:dispute_id>/withdraw',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_dispute_withdraw(self, dispute_id, **_kwargs):
        """Take an objection back; too late is no error, the page shows how it stands."""
        dispute = self._find_own('distribution.dispute', dispute_id, self._get_own_distributor())
        if dispute.state in ('new', 'acknowledged'):
            dispute.sudo()._withdraw()
        return request.redirect(dispute._get_portal_url())

    # === GETTERS === #

    def _find_commission(self, distributor, commission):
        """Return the own commission that an objection is about, empty without one; another's is not found."""
        if not commission:
            return request.env['distribution.commission']
        return self._find_own(
            'distribution.commission', int(commission) if commission.isdecimal() else 0, distributor)

    def _get_kinds(self):
        return request.env['distribution.dispute']._fields['kind']._description_selection(request.env)

    def _submit_dispute(self, distributor, commission, typed):
        kinds = [kind for kind, _label in self._get_kinds()]
        documents = request.env['distribution.application'].sudo()._prepare_documents(self._extract_evidence())
        with request.env.cr.savepoint():
            return request.env['distribution.dispute'].sudo()._submit(distributor, {
                'kind': typed['kind'] if typed['kind'] in kinds else 'other',
                'commission_id': commission.id,
                'order_name': commission.order_name or typed['order_name'],
                'description': typed['description'],
            }, documents)

    @staticmethod
    def _extract_evidence():
        """Return name and content of the files, no more of either than is needed to refuse them."""
        uploads = [upload for upload in request.httprequest.files.getlist('documents') if upload.filename]
        return [(upload.filename, upload.read(MAX_DOCUMENT_BYTES + 1)) for upload in uploads[:MAX_DOCUMENTS + 1]]

    # === RENDERING === #

    def _render_dispute_form(self, distributor, commission, typed=None, error=None):
        return self._render_distribution('distribution_portal.portal_distribution_dispute_form', distributor, {
            'objected_commission': commission,
            'kinds': self._get_kinds(),
            'typed': typed or {},
            'error': error,
            'distribution_page': 'disputes',
        })
