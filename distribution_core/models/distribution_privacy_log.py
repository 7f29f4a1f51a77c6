from odoo import api, fields, models
from odoo.exceptions import UserError


class DistributionPrivacyLog(models.Model):
    """Who saw, verified, exported or erased what of whom, when and why. Append-only.

    Points at records by model and id, without a name: it outlives the erasure of a person.

    +-----------------+----------------+------+-------+--------+--------+
    | group           | records        | read | write | create | unlink |
    +=================+================+======+=======+========+========+
    | privacy officer | own companies' | x    |       |        |        |
    +-----------------+----------------+------+-------+--------+--------+
    """
    _name = 'distribution.privacy.log'
    _description = "Privacy Log"
    _order = 'id desc'
    _rec_name = 'action'
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name='res.users', string="Who", required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    action = fields.Selection(
        selection=[
            ('reveal', "Shown in clear"),
            ('verify', "Verified"),
            ('export', "Exported"),
            ('erase', "Erased"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field='model', required=True, readonly=True)
    subject = fields.Char(string="Of", compute='_compute_subject')
    field_name = fields.Char(string="Field", readonly=True)
    reason = fields.Char(readonly=True)

    _record_idx = models.Index('(model, res_id)')

    def init(self):
        """Guard the table in the database: rows are neither changed nor deleted nor truncated."""
        self.env.cr.execute("""
            CREATE OR REPLACE FUNCTION distribution_privacy_log_guard() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION 'distribution_privacy_log is append-only';
            END; $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS distribution_privacy_log_append_only ON distribution_privacy_log;
            CREATE TRIGGER distribution_privacy_log_append_only
                BEFORE TRUNCATE OR DELETE OR UPDATE
                ON distribution_privacy_log
                FOR EACH STATEMENT EXECUTE FUNCTION distribution_privacy_log_guard();
        """)

    # === COMPUTE METHODS === #

    @api.depends('model', 'res_id')
    def _compute_subject(self):
        for log in self:
            record = self.env[log.model].browse(log.res_id).exists() if log.model in self.env else None
            log.subject = record.display_name if record and record.has_access('read') else f'{log.model},{log.res_id}'

    # === CRUD METHODS === #

    # pylint: disable=method-required-super
    # Refusing is the point.

    def write(self, vals):
        raise UserError(self.env._("The privacy log cannot be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The privacy log cannot be changed."))

    # === BUSINESS METHODS === #

    @api.model
    def _append(self, action, record, reason=None, field_name=None):
        """Log what is done in the current transaction, and is not done if that is rolled back.

        :param str action: See the field.
        :param models.Model record: One, of a company.
        :param str reason:
        :param str field_name:
        """
        self.sudo().create(self._prepare(action, record, reason, field_name))

    @api.model
    def _append_apart(self, action, record, reason=None, field_name=None):
        """Log what somebody is about to see, in a transaction of its own: nothing takes it back."""
        vals = self._prepare(action, record, reason, field_name)
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr)).sudo().create(vals)

    # === GETTERS === #

    def _prepare(self, action, record, reason, field_name):
        return {
            'at': fields.Datetime.now(),
            'user_id': self.env.uid,
            'company_id': record.sudo().company_id.id,
            'action': action,
            'model': record._name,
            'res_id': record.id,
            'field_name': field_name,
            'reason': reason,
        }
