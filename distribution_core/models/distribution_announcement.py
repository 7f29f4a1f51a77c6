from odoo import fields, models
from odoo.fields import Domain


class DistributionAnnouncement(models.Model):
    """What the merchant tells its distributors, from a moment until another; shown on their pages.

    Distributors have no right of their own on it: `_get_announcements` says which ones are for whom.

    +--------------+-----------------+------+-------+--------+--------+
    | group        | records         | read | write | create | unlink |
    +==============+=================+======+=======+========+========+
    | officer      | own companies'  | x    | x     | x      |        |
    | manager      | own companies'  | x    | x     | x      | x      |
    +--------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.announcement'
    _description = "Announcement"
    _order = 'from_at desc, id desc'
    _check_company_auto = True

    name = fields.Char(string="Subject", required=True, translate=True)
    body = fields.Html(translate=True, sanitize_style=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    from_at = fields.Datetime(string="Shown from", required=True, default=fields.Datetime.now)
    until_at = fields.Datetime(string="Shown until", help="Empty: until you archive it.")
    level_ids = fields.Many2many(
        comodel_name='distribution.level', string="For Levels", check_company=True, help="Empty: for everybody.")
    read_ids = fields.One2many(
        comodel_name='distribution.announcement.read', inverse_name='announcement_id', readonly=True)
    read_count = fields.Integer(string="Read by", compute='_compute_read_count')

    _shown_idx = models.Index('(company_id, from_at) WHERE active')
    _check_period = models.Constraint(
        'CHECK (until_at IS NULL OR until_at > from_at)', "An announcement ends after it began.")

    # === COMPUTE METHODS === #

    def _compute_read_count(self):
        counts = dict(self.env['distribution.announcement.read']._read_group(
            [('announcement_id', 'in', self.ids)], ['announcement_id'], ['__count']))
        for announcement in self:
            announcement.read_count = counts.get(announcement, 0)

    # === ACTION METHODS === #

    def action_view_reads(self):
        """Smart button: who has read it."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Read by"),
            'res_model': 'distribution.announcement.read',
            'view_mode': 'list',
            'domain': [('announcement_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _mark_read(self, distributor):
        """Remember that a distributor has read these; once more changes nothing."""
        reads = self.env['distribution.announcement.read']
        known = reads.search([
            ('announcement_id', 'in', self.ids), ('distributor_id', '=', distributor.id)]).announcement_id
        reads.create([
            {'announcement_id': announcement.id, 'distributor_id': distributor.id} for announcement in self - known])


class DistributionAnnouncementRead(models.Model):
    """That a distributor has read an announcement; rights as of the announcement, read only."""
    _name = 'distribution.announcement.read'
    _description = "Announcement Read"
    _order = 'id desc'
    _rec_name = 'distributor_id'

    announcement_id = fields.Many2one(
        comodel_name='distribution.announcement', required=True, ondelete='cascade', readonly=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', readonly=True, index=True)
    company_id = fields.Many2one(related='announcement_id.company_id')
    create_date = fields.Datetime(string="Read on", readonly=True)

    _once_uniq = models.UniqueIndex('(announcement_id, distributor_id)', "An announcement is read once.")


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    # === GETTERS === #

    def _get_announcement_domain(self, unread=False):
        """Return which announcements are shown to this distributor now.

        :param bool unread: Only those that it has not read.
        :rtype: Domain
        """
        self.ensure_one()
        now = fields.Datetime.now()
        domain = (
            Domain('company_id', '=', self.company_id.id)
            & Domain('from_at', '<=', now)
            & (Domain('until_at', '=', False) | Domain('until_at', '>', now))
            & (Domain('level_ids', '=', False) | Domain('level_ids', 'in', self.level_id.ids)))
        return domain & ~Domain('read_ids', 'any', [('distributor_id', '=', self.id)]) if unread else domain
