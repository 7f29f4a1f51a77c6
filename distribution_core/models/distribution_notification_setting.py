from odoo import api, fields, models

# What a distributor can be told of. What it has to know or do is told in any case, and is not listed.
TOPICS = [
    ('commission', "New commissions"),
    ('available', "Commissions that became available"),
    ('settlement', "A new statement"),
    ('withdrawal', "Steps of a withdrawal"),
    ('level', "A change of the level"),
]
# What is sent to whoever has not said otherwise.
_WANTED_BY_DEFAULT = {'settlement', 'withdrawal', 'level'}


class DistributionNotificationSetting(models.Model):
    """Whether a distributor wants to be told of a topic in one way; without a row the default holds.

    Another way to tell, e.g. an app's messages, adds itself to `channel` and asks `_filter_wanting`.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.notification.setting'
    _description = "Notification Setting"
    _order = 'distributor_id, id'
    _rec_name = 'topic'

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, precompute=True, index=True)
    topic = fields.Selection(selection=TOPICS, required=True, readonly=True)
    channel = fields.Selection(selection=[('mail', "E-mail")], required=True, readonly=True)
    is_wanted = fields.Boolean(readonly=True)

    _topic_uniq = models.UniqueIndex('(distributor_id, topic, channel)', "A topic is wanted in one way or it is not.")

    # === GETTERS === #

    @api.model
    def _is_wanted_by_default(self, topic, channel):
        """Hook: return whether a topic is told in this way to whoever has not said.

        :rtype: bool
        """
        return topic in _WANTED_BY_DEFAULT

    @api.model
    def _get_channels(self, company):
        """Hook: return the ways in which a company tells.

        :rtype: list[str]
        """
        return [channel for channel, _label in self._fields['channel'].selection]


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    notification_setting_ids = fields.One2many(
        comodel_name='distribution.notification.setting', inverse_name='distributor_id', readonly=True)

    # === BUSINESS METHODS === #

    def _set_notification_settings(self, wanted):
        """Keep what a distributor wants to be told of.

        :param Container[tuple[str, str]] wanted: Topics and channels; what is not in it is not wanted.
        """
        self.ensure_one()
        setting_sudo = self.env['distribution.notification.setting'].sudo()
        known = {(setting.topic, setting.channel): setting for setting in self.sudo().notification_setting_ids}
        for key, was_wanted in self._get_notification_settings().items():
            if (key in wanted) == was_wanted:
                continue
            if key in known:
                known[key].is_wanted = key in wanted
            else:
                topic, channel = key
                setting_sudo.create({
                    'distributor_id': self.id, 'topic': topic, 'channel': channel, 'is_wanted': key in wanted})

    # === GETTERS === #

    def _get_notification_settings(self):
        """Return for each topic and channel whether this distributor wants it.

        :rtype: dict[tuple[str, str], bool]
        """
        self.ensure_one()
        settings_sudo = self.env['distribution.notification.setting'].sudo()
        said = {(setting.topic, setting.channel): setting.is_wanted for setting in self.sudo().notification_setting_ids}
        channels = settings_sudo._get_channels(self.company_id)
        return {
            (topic, channel): said.get((topic, channel), settings_sudo._is_wanted_by_default(topic, channel))
            for topic, _label in settings_sudo._fields['topic'].selection for channel in channels}

    def _filter_wanting(self, topic, channel='mail'):
        """Return those who want to be told of a topic in this way: one statement.

        :rtype: distribution.distributor
        """
        settings_sudo = self.env['distribution.notification.setting'].sudo()
        default = settings_sudo._is_wanted_by_default(topic, channel)
        others = settings_sudo.search([
            ('distributor_id', 'in', self.ids), ('topic', '=', topic), ('channel', '=', channel),
            ('is_wanted', '=', not default)]).distributor_id
        return (self - others if default else self & others).with_env(self.env)
