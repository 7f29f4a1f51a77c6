import base64
import os
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.distribution_core.compliance import find_claims

from ..poster import Poster, draw, find_chinese_font, get_key

_MIN_SIDE, _MAX_SIDE = 240, 2000
_MAX_PIXELS = 3_000_000
FONT_PARAMETER = 'distribution_portal.poster_font'


class PosterContent(NamedTuple):
    """What the elements of a poster are filled with."""

    name: str
    price: float
    currency: models.BaseModel          # res.currency
    phrase: str
    url: str                            # what the QR code says
    alias: str
    picture: bytes | None


class DistributionPosterTemplate(models.Model):
    """How posters look that distributors share: a background, and elements at their places.

    The poster itself is drawn when it is looked at, and is kept by the browser: nothing is stored.

    +---------+-----------------------------+------+-------+--------+--------+
    | group   | records                     | read | write | create | unlink |
    +=========+=============================+======+=======+========+========+
    | officer | own companies' and shared   | x    | x     | x      | x      |
    +---------+-----------------------------+------+-------+--------+--------+

    Distributors see what comes of it on the pages of the portal, never the template.
    """
    _name = 'distribution.poster.template'
    _description = "Poster Template"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name='res.company', index='btree_not_null', help="Empty: for distributors of all companies.")
    width = fields.Integer(required=True, default=750)
    height = fields.Integer(required=True, default=1334)
    background_color = fields.Char(required=True, default='#ffffff')
    background_image = fields.Image(
        string="Background", max_width=_MAX_SIDE, max_height=_MAX_SIDE,
        help="Fills the whole poster; what stands over is cut off. Without one the colour is shown.")
    element_ids = fields.One2many(
        comodel_name='distribution.poster.element', inverse_name='template_id', string="Elements", copy=True)
    preview_product_id = fields.Many2one(
        comodel_name='product.template',
        string="Product of the Preview",
        index='btree_not_null',
        ondelete='set null',
        check_company=True,
        domain="[('sale_ok', '=', True)]",
    )
    preview = fields.Binary(compute='_compute_preview')
    lacks_font = fields.Boolean(compute='_compute_lacks_font')

    _check_size = models.Constraint(
        f'CHECK (width BETWEEN {_MIN_SIDE} AND {_MAX_SIDE} AND height BETWEEN {_MIN_SIDE} AND {_MAX_SIDE}'
        f' AND width * height <= {_MAX_PIXELS})',
        f"The sides of a poster have {_MIN_SIDE} to {_MAX_SIDE} pixels, and it has at most {_MAX_PIXELS} altogether.",
    )
    _check_background_color = models.Constraint(
        "CHECK (background_color ~ '^#[0-9a-fA-F]{6}$')", "A colour is written like #2f7d5b.")

    # === COMPUTE METHODS === #

    @api.depends(
        'width', 'height', 'background_color', 'background_image', 'preview_product_id', 'company_id',
        *(f'element_ids.{name}' for name in (
            'sequence', 'kind', 'text', 'x', 'y', 'width', 'height', 'color', 'font_size', 'align', 'bold', 'radius')))
    @api.depends_context('lang', 'company')
    def _compute_preview(self):
        font = self._get_font()
        for template in self:
            try:
                template._check_elements()
                template.preview = base64.b64encode(draw(template._to_poster(template._get_sample()), font))
            except (ValidationError, ValueError):       # While it is typed, a size or a colour may be none yet.
                template.preview = False

    def _compute_lacks_font(self):
        self.lacks_font = not self._get_font()

    # === CONSTRAINT METHODS === #

    @api.constrains('width', 'height', 'element_ids')
    def _check_elements(self):
        """Every element lies inside of the poster, and one is the QR code: a poster without brings nobody."""
        for template in self:
            if not (_MIN_SIDE <= template.width <= _MAX_SIDE and _MIN_SIDE <= template.height <= _MAX_SIDE):
                raise ValidationError(self.env._(
                    "The sides of a poster have %(min)s to %(max)s pixels.", min=_MIN_SIDE, max=_MAX_SIDE))
            for element in template.element_ids:
                if min(element.x, element.y) < 0 or min(element.width, element.height) < 1 or (
                        element.x + element.width > template.width or element.y + element.height > template.height):
                    raise ValidationError(self.env._(
                        "“%(element)s” does not lie inside of the poster of %(width)s × %(height)s pixels.",
                        element=element.display_name, width=template.width, height=template.height))
            if len(template.element_ids.filtered(lambda element: element.kind == 'qr')) != 1:
                raise ValidationError(self.env._("A poster has one QR code."))

    # === BUSINESS METHODS === #

    def _draw(self, product, distributor):
        """Draw the poster of a distributor for a product.

        :rtype: bytes
        """
        self.ensure_one()
        return draw(self._to_poster(self._get_content(product, distributor)), self._get_font())

    # === GETTERS === #

    def _get_key(self, product, distributor):
        """Return what names the poster: the same as long as it looks the same."""
        self.ensure_one()
        return get_key(self._to_poster(self._get_content(product, distributor)), self._get_font())

    @api.model
    def _get_for(self, distributor):
        """Return the templates that a distributor has the choice of."""
        if distributor.state != 'active':
            return self.browse()
        return self.search([('company_id', 'in', [False, distributor.company_id.id])])

    def _to_poster(self, content):
        self.ensure_one()
        background = self.with_context(bin_size=False).background_image
        return Poster(
            width=self.width,
            height=self.height,
            color=self.background_color,
            background=base64.b64decode(background) if background else None,
            boxes=tuple(element._to_box(content) for element in self.element_ids.sorted('sequence')),
        )

    def _get_content(self, product, distributor):
        """Return what a poster of this distributor shows of a product.

        :param product.template product:
        :param distribution.distributor distributor:
        :rtype: PosterContent
        """
        product_sudo = product.sudo().with_context(bin_size=False)
        return PosterContent(
            name=product_sudo.name,
            price=product_sudo._distribution_get_prices(distributor.company_id)[product_sudo.id],
            currency=distributor.company_id.currency_id,
            phrase=product_sudo.distribution_phrase or '',
            url=product_sudo._distribution_get_qr_url(distributor),
            alias=self._get_alias(distributor),
            picture=product_sudo.image_1024 and base64.b64decode(product_sudo.image_1024) or None,
        )

    @api.model
    def _get_alias(self, distributor):
        """Return the name on the poster: the alias unless it promises income; then the code, as without one."""
        alias = (distributor.alias or '').strip()
        return alias if alias and not find_claims(alias) else distributor.code

    def _get_sample(self):
        """Return what the preview shows: the product of the preview, or an invented one with a long name."""
        self.ensure_one()
        company = self.company_id or self.env.company
        product_sudo = self.preview_product_id._origin.sudo().with_context(bin_size=False)
        return PosterContent(
            name=product_sudo.name or self.env._("Spring tea from the old trees, gift box with two tins, 500 g"),
            price=product_sudo._distribution_get_prices(company)[product_sudo.id] if product_sudo else 1288.0,
            currency=company.currency_id,
            phrase=product_sudo.distribution_phrase or '',
            url=f'{self.get_base_url()}/d/ABCD2345?to=/shop/123&s=qr',
            alias=self.env._("Alias"),
            picture=product_sudo.image_1024 and base64.b64decode(product_sudo.image_1024) or None,
        )

    @api.model
    def _get_font(self):
        """Return the font file: the one of the system parameter, or the first with Chinese characters."""
        chosen = self.env['ir.config_parameter'].sudo().get_param(FONT_PARAMETER)
        return chosen if chosen and os.path.isfile(chosen) else find_chinese_font()
