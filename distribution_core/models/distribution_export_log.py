from odoo import fields, models


class DistributionExportLog(models.Model):
    """Who took which records out, when and why; the hash proves what the file was.

    Written by the export alone; holds numbers, no personal data.

    +---------+-----------------+------+-------+--------+--------+
    | group   | records         | read | write | create | unlink |
    +=========+=================+======+=======+========+========+
    | manager | own companies'  | x    |       |        |        |
    +---------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.export.log'
    _description = "Authority Export"
    _inherit = ['distribution.append.only']
    _order = 'id desc'
    _rec_name = 'authority'

    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    authority = fields.Char(string="Requested by", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    from_at = fields.Datetime(string="From", required=True, readonly=True)
    until_at = fields.Datetime(string="Until", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name='res.users', string="Exported by", required=True, readonly=True, ondelete='restrict')
    exported_at = fields.Datetime(string="Exported on", required=True, readonly=True, default=fields.Datetime.now)
    sha256 = fields.Char(string="SHA-256", required=True, readonly=True)
    counts = fields.Json(string="Records", readonly=True)
    counts_text = fields.Char(string="Content", compute='_compute_counts_text')

    # === COMPUTE METHODS === #

    def _compute_counts_text(self):
        for log in self:
            log.counts_text = ", ".join(f"{section}: {count}" for section, count in (log.counts or {}).items())
