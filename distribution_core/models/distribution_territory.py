from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# How the name of a place is compared: without spaces, case, and the syllable that only says it is a city.
PLACE = r"regexp_replace(lower(regexp_replace(%s, '[\s\u3000]+', '', 'g')), '(.)市$', '\1')"
_AREA = ', '.join(['company_id', 'state_id', *(f"COALESCE({PLACE % name}, '')" for name in ('city', 'district'))])


class DistributionTerritory(models.Model):
    """Whose area somewhere is, from when until when: the agent earns on what is delivered there.

    Begins when it is given and ends when it is taken back, never in the past, so that no order that was
    decided gets another agent. An area has one agent; a province, its cities and their districts may
    each have one. Addresses tell the city by name, so it is a name here as well.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | manager          | own companies'  | x    | end   | x      |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.territory'
    _description = "Territory"
    _order = 'from_at desc, id desc'
    _check_company_auto = True

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', string="Agent", required=True, index=True, ondelete='restrict',
        check_company=True, domain="[('company_id', '=', company_id), ('state', '=', 'active')]")
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    state_id = fields.Many2one(
        comodel_name='res.country.state', string="Province", required=True, index=True, ondelete='restrict')
    country_id = fields.Many2one(related='state_id.country_id', store=True, index=True)
    city = fields.Char(help="As in addresses; space, case and the ending 市 make no difference. Empty: all cities.")
    district = fields.Char(
        help="What streets in this district begin with in addresses, as 西湖区. Empty: all districts.")
    kind = fields.Selection(
        selection=[('province', "Province"), ('city', "City"), ('district', "District")],
        compute='_compute_kind',
        store=True,
    )
    from_at = fields.Datetime(string="From", required=True, readonly=True)
    until_at = fields.Datetime(string="Until", readonly=True)
    reason = fields.Char(help="Why, and by which contract.")

    _area_uniq = models.UniqueIndex(
        f'({_AREA}) WHERE until_at IS NULL', "This area has an agent already. End that territory first.")
    _check_district = models.Constraint(
        'CHECK (district IS NULL OR city IS NOT NULL)', "A district lies in a city: name it, too.")
    _check_period = models.Constraint(
        'CHECK (until_at IS NULL OR until_at >= from_at)', "A territory ends after it began.")

    # === COMPUTE METHODS === #

    @api.depends('state_id', 'city', 'district')
    def _compute_display_name(self):
        for territory in self:
            territory.display_name = " · ".join(
                filter(None, (territory.state_id.name, territory.city, territory.district)))

    @api.depends('city', 'district')
    def _compute_kind(self):
        for territory in self:
            if territory.district:
                territory.kind = 'district'
            else:
                territory.kind = 'city' if territory.city else 'province'

    # === CONSTRAINT METHODS === #

    @api.constrains('distributor_id')
    def _check_distributor(self):
        for territory in self:
            if territory.distributor_id.state == 'closed':
                raise ValidationError(self.env._(
                    "%s is closed and cannot be an agent.", territory.distributor_id.display_name))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let territories begin now, behind whoever had the area before."""
        vals_list = [self._prepare_begin(vals) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Let nothing change but the end, and that by its button."""
        if not self.env.su or set(vals) - {'until_at'}:
            raise UserError(self.env._("A territory is never edited. End it and give the area anew."))
        return super().write(vals)

    # === ACTION METHODS === #

    def action_end(self):
        """Button: the area has no agent from now on."""
        self.check_access('write')
        self._end()

    # === BUSINESS METHODS === #

    def _end(self):
        open_sudo = self.sudo().filtered(lambda territory: not territory.until_at)
        open_sudo.write({'until_at': fields.Datetime.now()})
        open_sudo.flush_recordset(['until_at'])      # before the next one begins: there is one at any moment
        for territory in open_sudo:
            territory.distributor_id.message_post(body=self.env._("No longer agent of %s.", territory.display_name))

    # === GETTERS === #

    @api.model
    def _prepare_begin(self, vals):
        """Return the values of a territory that begins now.

        :raise UserError: for a beginning or an end that is given: orders of the past are decided.
        :raise ValidationError: where the area has an agent, with its name.
        """
        if vals.get('from_at') or vals.get('until_at'):
            raise UserError(self.env._(
                "A territory begins when it is given and ends when it is taken back, not before."))
        vals = {
            **vals,
            **{name: " ".join((vals.get(name) or '').split()) or False for name in ('city', 'district')},
        }
        before = self._get_last_of_area(vals)
        if before and not before.until_at:
            raise ValidationError(self.env._(
                "%(area)s has an agent: %(agent)s. End that territory first.",
                area=before.display_name, agent=before.distributor_id.display_name))
        now = fields.Datetime.now()
        return {**vals, 'from_at': max(now, before.until_at) if before else now}

    @api.model
    def _get_last_of_area(self, vals):
        """Return the last territory with the area of these values; an open one goes first."""
        self.flush_model()
        rows = self.env.execute_query(SQL(
            """
            SELECT id FROM distribution_territory
             WHERE company_id = %(company)s AND state_id = %(state)s
               AND %(area_city)s IS NOT DISTINCT FROM %(city)s
               AND %(area_district)s IS NOT DISTINCT FROM %(district)s
          ORDER BY until_at DESC NULLS FIRST
             LIMIT 1
            """,
            company=vals.get('company_id') or self.env.company.id, state=vals.get('state_id') or None,
            area_city=SQL(PLACE, SQL("city")), city=SQL(PLACE, vals['city'] or None),
            area_district=SQL(PLACE, SQL("district")), district=SQL(PLACE, vals['district'] or None)))
        return self.sudo().browse(id_ for id_, in rows)
