from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount

from ..claims import check_claims
from ..poster import MIN_QR_SIZE, Box

_TEXTS = ('name', 'price', 'phrase', 'alias', 'text')
_MIN_FONT_SIZE, _MAX_FONT_SIZE = 10, 300


class DistributionPosterElement(models.Model):
    """One thing on a poster: where it stands, and what it shows.

    +---------+-----------------------------+------+-------+--------+--------+
    | group   | records                     | read | write | create | unlink |
    +=========+=============================+======+=======+========+========+
    | officer | own companies' and shared   | x    | x     | x      | x      |
    +---------+-----------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.poster.element'
    _description = "Element of a Poster"
    _order = 'template_id, sequence, id'

    template_id = fields.Many2one(
        comodel_name='distribution.poster.template', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10, help="What comes later lies on top.")
    kind = fields.Selection(
        selection=[
            ('picture', "Product picture"),
            ('name', "Product name"),
            ('price', "Price"),
            ('phrase', "Recommendation"),
            ('qr', "QR code"),
            ('alias', "Distributor"),
            ('text', "Text"),
            ('panel', "Panel"),
        ],
        required=True,
        default='text',
    )
    text = fields.Char(
        help="Of a text: what it says. Of a recommendation: for products that have none. "
             "Of a distributor: what stands before the name.")
    x = fields.Integer(string="Left", default=60)
    y = fields.Integer(string="Top", default=60)
    width = fields.Integer(required=True, default=400)
    height = fields.Integer(required=True, default=60)
    color = fields.Char(required=True, default='#222222')
    font_size = fields.Integer(required=True, default=32)
    align = fields.Selection(
        selection=[('left', "Left"), ('center', "Centre"), ('right', "Right")], required=True, default='left')
    bold = fields.Boolean()
    radius = fields.Integer(string="Corners", help="Radius of the corners of pictures, QR codes and panels.")

    _check_place = models.Constraint(
        'CHECK (x >= 0 AND y >= 0 AND width > 0 AND height > 0 AND radius >= 0)',
        "An element of a poster begins inside of it and has a size.",
    )
    _check_font_size = models.Constraint(
        f'CHECK (font_size BETWEEN {_MIN_FONT_SIZE} AND {_MAX_FONT_SIZE})',
        f"The size of a font is between {_MIN_FONT_SIZE} and {_MAX_FONT_SIZE} pixels.",
    )
    _check_color = models.Constraint(
        "CHECK (color ~ '^#[0-9a-fA-F]{6}$')", "A colour is written like #2f7d5b.")

    # === COMPUTE METHODS === #

    @api.depends('kind', 'text')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for element in self:
            element.display_name = element.text or labels.get(element.kind)

    # === CONSTRAINT METHODS === #

    @api.constrains('kind', 'width', 'height')
    def _check_qr_size(self):
        for element in self:
            if element.kind == 'qr' and min(element.width, element.height) < MIN_QR_SIZE:
                raise ValidationError(self.env._("A QR code of less than %s pixels cannot be scanned.", MIN_QR_SIZE))

    @api.constrains('text')
    def _check_claims(self):
        for element in self:
            check_claims(self.env, element.text)

    # === GETTERS === #

    def _to_box(self, content):
        """Return this element as it is drawn.

        :param PosterContent content:
        :rtype: Box
        """
        self.ensure_one()
        return Box(
            kind='text' if self.kind in _TEXTS else self.kind,
            x=self.x,
            y=self.y,
            width=self.width,
            height=self.height,
            text=self._get_text(content),
            picture=content.picture if self.kind == 'picture' else None,
            color=self.color or '#000000',
            font_size=min(self.font_size, _MAX_FONT_SIZE),     # a form may hold more while it is typed
            align=self.align,
            bold=self.bold,
            radius=max(self.radius, 0),
        )

    def _get_text(self, content):
        own = self.text or ''
        return {
            'picture': content.name,
            'name': content.name,
            'price': format_amount(self.env, content.price, content.currency).replace('\N{NO-BREAK SPACE}', ' '),
            'phrase': content.phrase or own,
            'qr': content.url,
            'alias': ' '.join(filter(None, (own, content.alias))),
            'text': own,
            'panel': '',
        }[self.kind]
