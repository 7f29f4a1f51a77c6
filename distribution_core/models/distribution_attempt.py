from odoo import api, fields, models

_MAX_PER_HOUR = 10
_RETENTION_DAYS = 1


class DistributionAttempt(models.Model):
    """A code that was typed and belongs to nobody, and from where: codes are not to be found by trying.

    Kept for a day, as hashes of the browser and of the network, both together: a browser's name alone is
    shared by half a country, an address by a whole office. The code itself is not kept.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.attempt'
    _description = "Unknown Code"
    _order = 'id desc'
    _rec_name = 'kind'

    kind = fields.Selection(
        selection=[('referral', "Referral code at the checkout"), ('inviter', "Code of who invited")],
        required=True, readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    device = fields.Char(string="Device (hash)", readonly=True)
    network = fields.Char(string="Network (hash)", readonly=True)

    _origin_idx = models.Index('(network, device, create_date)')

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, kind, company):
        """Remember that the current web request came with an unknown code."""
        self.sudo().create({
            'kind': kind, 'company_id': company.id, **self.env['distribution.touch']._get_request_fingerprint()})

    @api.autovacuum
    def _gc_attempts(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=_RETENTION_DAYS)
        self.sudo().search([('create_date', '<', limit)], limit=10_000).unlink()

    # === GETTERS === #

    @api.model
    def _is_exhausted(self):
        """Tell whether so many unknown codes came from here within an hour that none is looked up any more.

        How many is the system parameter `distribution_core.max_unknown_codes_per_hour`.
        """
        origin = self.env['distribution.touch']._get_request_fingerprint()
        if not origin['network']:
            return False
        most = int(self.env['ir.config_parameter'].sudo().get_param(
            'distribution_core.max_unknown_codes_per_hour', _MAX_PER_HOUR))
        return self.sudo().search_count([
            ('network', '=', origin['network']),
            ('device', '=', origin['device']),
            ('create_date', '>', fields.Datetime.subtract(fields.Datetime.now(), hours=1)),
        ], limit=most) >= most
