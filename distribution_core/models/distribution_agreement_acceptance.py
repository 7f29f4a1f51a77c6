from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request


class DistributionAgreementAcceptance(models.Model):
    """Evidence that somebody accepted a version of a text: who, when, from where.

    Append-only. An applicant's acceptance belongs to its application, and by that to the distributor
    it leads to. The address is kept as it is, because evidence has to be; administrators alone see it.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer, manager | own companies'   | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.agreement.acceptance'
    _description = "Acceptance of an Agreement"
    _inherit = ['distribution.append.only']
    _order = 'accepted_at desc, id desc'
    _rec_name = 'agreement_id'

    agreement_id = fields.Many2one(
        comodel_name='distribution.agreement', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='agreement_id.company_id', store=True, index=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', readonly=True, index='btree_not_null', ondelete='restrict')
    application_id = fields.Many2one(
        comodel_name='distribution.application', readonly=True, index='btree_not_null', ondelete='restrict')
    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Person", readonly=True, index='btree_not_null', ondelete='restrict')
    accepted_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    address = fields.Char(
        string="Network Address", readonly=True, groups='distribution_core.group_distribution_manager')

    _check_who = models.Constraint(
        'CHECK (distributor_id IS NOT NULL OR application_id IS NOT NULL)',
        "A distributor or an applicant accepts.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, agreement, **who):
        """Append that somebody accepts a version now.

        :param distribution.agreement agreement: A published version.
        :param who: Ids of `distributor_id` or `application_id`, and `partner_id` if known.
        :rtype: distribution.agreement.acceptance
        """
        if agreement.state != 'published':
            raise UserError(self.env._("Only a published version can be accepted."))
        return self.create({
            'agreement_id': agreement.id,
            'address': request.httprequest.remote_addr if request else False,
            **who,
        })
