from odoo import api, fields, models


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    link_ids = fields.One2many(
        comodel_name='distribution.link',
        inverse_name='distributor_id',
        string="Promotion Links",
        groups='distribution_core.group_distribution_user',
    )
    link_count = fields.Integer(compute='_compute_link_count', groups='distribution_core.group_distribution_user')

    @api.depends('link_ids')
    def _compute_link_count(self):
        counts = dict(self.env['distribution.link']._read_group(
            [('distributor_id', 'in', self.ids)], ['distributor_id'], ['__count']))
        for distributor in self:
            distributor.link_count = counts.get(distributor, 0)

    def action_view_links(self):
        """Smart button: the promotion links of this distributor."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_link_action'),
            'domain': [('distributor_id', '=', self.id)],
            'context': {'default_distributor_id': self.id},
        }
