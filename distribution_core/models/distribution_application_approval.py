from odoo import SUPERUSER_ID, models
from odoo.exceptions import UserError


class DistributionApplication(models.Model):
    """What happens when an application is approved, and when that needs no officer."""
    _inherit = 'distribution.application'

    # === BUSINESS METHODS === #

    def _approve(self):
        """Make the applicant an active distributor with access to the portal, and say so."""
        self.ensure_one()
        if not self._update_state(('submitted',), 'approved'):
            return
        if not self.partner_id:
            self.partner_id = self.env['res.partner'].sudo().create(self._prepare_partner())
        distributor = self._get_or_create_distributor()
        self.distributor_id = distributor
        distributor._set_applied()
        distributor._set_active()
        distributor.closed_at = False
        self._grant_portal_access()
        self._send_mail('distribution_core.mail_template_application_approved')

    def _approve_automatically(self):
        """Approve if the policy lets it; the history says which facts it went by, or which were missing."""
        self.ensure_one()
        approved, reasons = self._get_auto_approval()
        if approved:
            try:
                with self.env.cr.savepoint():
                    self.with_user(SUPERUSER_ID)._approve()
            except UserError as error:      # an officer sees to it; the application is never lost
                approved, reasons = False, [str(error)]
        if reasons:
            self._message_log(body=(
                self.env._("Approved automatically: %s", ", ".join(reasons)) if approved
                else self.env._("Not approved automatically: %s", ", ".join(reasons))))

    def _get_or_create_distributor(self):
        Distributor = self.env['distribution.distributor']
        distributor = Distributor.search([
            ('partner_id', '=', self.partner_id.id), ('company_id', '=', self.company_id.id)])
        return distributor or Distributor.create(self._prepare_distributor())

    def _grant_portal_access(self):
        """Let the applicant log in, by Odoo's own invitation; who can log in already needs none."""
        wizard_sudo = self.env['portal.wizard'].sudo().with_company(self.company_id).create(
            {'partner_ids': [(6, 0, self.partner_id.ids)]})
        for line_sudo in wizard_sudo.user_ids:
            if not line_sudo.is_portal and not line_sudo.is_internal:
                line_sudo.email = line_sudo.email or self.email
                line_sudo.action_grant_access()

    # === GETTERS === #

    def _prepare_partner(self):
        return {
            'name': self.name,
            'email': self.email,
            'phone': self.phone,
            'lang': self.lang or False,
            'is_company': self.kind == 'company',
            'company_registry': self.company_registry,
        }

    def _prepare_distributor(self):
        return {
            'partner_id': self.partner_id.id,
            'company_id': self.company_id.id,
            'kind': self.kind,
            'level_id': self._get_first_level().id,
            'parent_id': self._get_upline().id,
        }

    def _get_first_level(self):
        return self.env['distribution.level'].search(
            [('company_id', 'in', [self.company_id.id, False])], order='sequence, id', limit=1)

    def _get_upline(self):
        """Return who will stand above: the inviter, if he is active still and the network may be that deep."""
        return self.inviter_id.filtered(
            lambda inviter: inviter.state == 'active' and inviter._can_have_downlines())

    def _get_auto_approval(self):
        """Tell whether the application can be approved without an officer.

        :return: Whether, and the facts that hold (when so) or that are missing (when not); no reasons when
            the policy leaves it to the officers anyway.
        :rtype: tuple[bool, list[str]]
        """
        self.ensure_one()
        policy = self.env['distribution.policy']._get_in_force(self.company_id)
        if not policy.auto_approve or self.state != 'submitted':
            return False, []
        facts = [
            (policy.auto_approve_verified, bool(self.email_verified_at), self.env._("e-mail verified")),
            (policy.auto_approve_returning, self._has_confirmed_order(), self.env._("has a confirmed order")),
            (policy.auto_approve_invited, self.inviter_id.state == 'active',
             self.env._("invited by an active distributor")),
            # Whatever the policy says: a doubt about who it is, and a return, are for people to decide on.
            (True, not self._is_login_taken(), self.env._("no other login has this e-mail")),
            (True, not self.distributor_id, self.env._("is no former distributor")),
        ]
        missing = [label for required, holds, label in facts if required and not holds]
        return not missing, missing or [label for required, _holds, label in facts if required]

    def _has_confirmed_order(self):
        """Tell whether the one who was logged in has bought before; an e-mail address alone is no proof."""
        partner = self.partner_id.commercial_partner_id
        return bool(partner and self.env['sale.order'].sudo().search_count([
            ('partner_id', 'child_of', partner.id),
            ('company_id', '=', self.company_id.id),
            ('state', '=', 'sale'),
        ], limit=1))

    def _is_login_taken(self):
        users_sudo = self.env['res.users'].sudo().with_context(active_test=False)
        return bool(users_sudo.search_count([
            ('login', '=', self.email_normalized), ('partner_id', '!=', self.partner_id.id)], limit=1))
