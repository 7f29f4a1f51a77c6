from odoo import api, fields, models
from odoo.tools import SQL


class DistributionMaterialDone(models.Model):
    """That a distributor says it has gone through a training. What it says is kept as it was said.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer          | own companies'   | x    |       |        |        |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.material.done'
    _description = "Training Done"
    _inherit = ['distribution.append.only']
    _order = 'at desc, id desc'
    _rec_name = 'material_id'
    _log_access = False

    material_id = fields.Many2one(
        comodel_name='distribution.material', required=True, readonly=True, index=True, ondelete='restrict')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='distributor_id.company_id')
    at = fields.Datetime(string="When", required=True, readonly=True)

    _once = models.UniqueIndex('(material_id, distributor_id)', "This training is marked as done already.")

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, material, distributor):
        """Note that the distributor is through; two taps at the same moment are one.

        :param distribution.material material:
        :param distribution.distributor distributor:
        """
        self.env.cr.execute(SQL(
            """
            INSERT INTO distribution_material_done (material_id, distributor_id, at)
                 VALUES (%s, %s, %s)
            ON CONFLICT (material_id, distributor_id) DO NOTHING
            """, material.id, distributor.id, fields.Datetime.now()))
        material.invalidate_recordset(['done_ids', 'done_count'])
