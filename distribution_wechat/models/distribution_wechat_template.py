from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.distribution_core.models.distribution_notification_setting import TOPICS

from ..wechat import FIELD_PATTERN, fill, fit, get_placeholders

APPLICATION = 'application'
NOTICE_TOPICS = [(APPLICATION, "The result of an application"), *TOPICS]
# What a field can say; see `distribution.wechat.notice._get_facts`.
PLACEHOLDERS = ('text', 'state', 'amount', 'count', 'reference', 'level', 'date', 'time', 'shop')


class DistributionWechatTemplate(models.Model):
    """By which template of an account distributors are told of a topic, and what stands in its fields.

    Two ways lead to a person: the template messages of an official account go to its followers,
    subscription messages to who has consented, once for each consent.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | officer       | own companies'  | x    |       |        |        |
    | administrator | own companies'  | x    | x     | x      | x      |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.template'
    _description = "WeChat Notice Template"
    _order = 'topic, way desc, id'      # template messages before subscriptions
    _rec_name = 'topic'

    active = fields.Boolean(default=True)
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, index=True, ondelete='cascade')
    account_kind = fields.Selection(related='account_id.kind')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    topic = fields.Selection(selection=NOTICE_TOPICS, required=True)
    way = fields.Selection(
        selection=[('template', "Template message"), ('subscription', "Subscription message")],
        string="Kind of Message",
        compute='_compute_way',
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Mini programs send subscription messages only.",
    )
    template_code = fields.Char(
        string="Template ID", required=True, copy=False,
        help="As the platform shows it in the list of your templates.")
    page = fields.Char(
        help="What opens: for an official account a path on this site, for a mini program one of its pages.")
    line_ids = fields.One2many(
        comodel_name='distribution.wechat.template.line', inverse_name='template_id', string="Fields", copy=True)
    error = fields.Char(
        string="Refused by the Platform", readonly=True, copy=False,
        help="What the platform said when it last refused this template; a message that it takes clears it.")

    _topic_uniq = models.UniqueIndex(
        '(account_id, topic, way) WHERE active', "An account has one template of a kind for a topic.")

    # === COMPUTE METHODS === #

    @api.depends('account_id.kind')
    def _compute_way(self):
        for template in self:
            is_mini = template.account_id.kind == 'mini'
            template.way = 'subscription' if is_mini else template.way or 'template'

    # === CONSTRAINT METHODS === #

    @api.constrains('way', 'account_id')
    def _check_way(self):
        if any(template.way == 'template' and template.account_id.kind == 'mini' for template in self):
            raise ValidationError(self.env._("Mini programs send subscription messages only."))

    @api.constrains('line_ids', 'template_code')
    def _check_lines(self):
        for template in self:
            if not template.line_ids:
                raise ValidationError(self.env._("Enter the fields of the template, as the platform names them."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if vals.keys() - {'error'}:
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === BUSINESS METHODS === #

    def _send(self, identity, notice):
        """Send a notice to somebody; the same one again is not sent twice within ten minutes.

        :param distribution.wechat.identity identity: Of the account of this template.
        :param distribution.wechat.notice notice:
        :return: The number that the platform reports the delivery under; subscriptions have none.
        :rtype: str
        :raise WechatError:
        """
        self.ensure_one()
        values = self._prepare_values(notice._get_facts())
        client = self.account_id._get_client()
        if self.way == 'template':
            url = f"{self.get_base_url()}{self.page or '/my/distribution'}"
            return client.send_template(identity.openid, self.template_code, values, url, notice.client_message_id)
        client.send_subscription(identity.openid, self.template_code, values, self.page or None)
        return ''

    # === GETTERS === #

    @api.model
    @tools.ormcache('company_id')
    def _is_used_in(self, company_id):
        """Return whether a company tells anything by WeChat: who does not, pays nothing for it."""
        return bool(self.sudo().search_count([('company_id', '=', company_id)], limit=1))

    @api.model
    def _get_routes(self, partner, company, topic):
        """Return the ways that may lead to a person, the best one first.

        :rtype: list[tuple[distribution.wechat.template, distribution.wechat.identity]]
        """
        templates = self.search([
            ('company_id', '=', company.id), ('topic', '=', topic), ('account_id.active', '=', True)])
        identities = self.env['distribution.wechat.identity'].search(
            Domain('partner_id', '=', partner.id) & Domain('account_id', 'in', templates.account_id.ids))
        return [
            (template, identity) for template in templates for identity in identities
            if identity.account_id == template.account_id and (template.way != 'template' or identity.is_follower)
            and template.account_id.sudo().app_secret_encrypted]

    def _prepare_values(self, facts):
        """Return what stands in the fields, as the platform takes it.

        :param dict facts:
        :rtype: dict[str, str]
        """
        return {line.name: fit(line.name, fill(line.value, facts)) for line in self.line_ids}


class DistributionWechatTemplateLine(models.Model):
    """What stands in a field of a template: words, and facts in braces.

    +---------------+-----------------+------+-------+--------+--------+
    | group         | records         | read | write | create | unlink |
    +===============+=================+======+=======+========+========+
    | officer       | own companies'  | x    |       |        |        |
    | administrator | own companies'  | x    | x     | x      | x      |
    +---------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.template.line'
    _description = "Field of a WeChat Notice"
    _order = 'sequence, id'

    template_id = fields.Many2one(
        comodel_name='distribution.wechat.template', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='template_id.company_id')
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Field", required=True, help="As the template names it, without .DATA: thing1, amount2 …")
    value = fields.Char(
        string="Says", required=True,
        help="Words, and in braces: {text}, {state}, {amount}, {count}, {reference}, {level}, {date}, {time}, {shop}. "
             "What is too long for the field is cut.")

    _name_uniq = models.UniqueIndex('(template_id, name)', "A template has a field once.")

    # === CONSTRAINT METHODS === #

    @api.constrains('name', 'value')
    def _check_line(self):
        for line in self:
            if not FIELD_PATTERN.fullmatch(line.name):
                raise ValidationError(self.env._(
                    "“%s” is no name of a field. The platform names them after their kind: thing1, amount2.", line.name))
            if unknown := get_placeholders(line.value) - set(PLACEHOLDERS):
                raise ValidationError(self.env._(
                    "Unknown: %(unknown)s. A field can say: %(known)s.", unknown=', '.join(sorted(unknown)),
                    known=', '.join(f'{{{name}}}' for name in PLACEHOLDERS)))
