"""From the description of a poster to a PNG."""
import functools
import hashlib
import io

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from .qr import draw_qr
from .text import wrap

_LINE_HEIGHT = 1.3          # of the font size
_BOLD = 28                  # a stroke of this part of the font size: Chinese fonts come in one weight
_PLACEHOLDER = '#e9eeec'
_PLACEHOLDER_TEXT = '#9aa8a3'
_COMPRESS_LEVEL = 3         # a third of the time of the usual level, for a tenth more bytes
_VERSION = 1                # counted up when the same description comes out differently


def get_key(poster, font):
    """Return what names the picture: equal for posters that look the same.

    :param Poster poster:
    :param str|None font: The path of the font.
    :rtype: str
    """
    plain = poster._replace(
        background=_digest(poster.background),
        boxes=tuple(box._replace(picture=_digest(box.picture)) for box in poster.boxes),
    )
    return hashlib.sha256(repr((_VERSION, plain, font)).encode()).hexdigest()[:32]


def _digest(content):
    return hashlib.sha256(content).hexdigest() if content else None


def draw(poster, font):
    """Draw a poster.

    :param Poster poster:
    :param str|None font: The path of a font file; the one of Pillow, which has no Chinese, when not given.
    :return: A PNG.
    :rtype: bytes
    """
    image = _draw_background(poster)
    for box in poster.boxes:
        _DRAWERS[box.kind](image, box, font)
    file = io.BytesIO()
    image.save(file, 'PNG', compress_level=_COMPRESS_LEVEL)
    return file.getvalue()


def _draw_background(poster):
    size = (poster.width, poster.height)
    background = _open(poster.background)
    return ImageOps.fit(background, size) if background else Image.new('RGB', size, poster.color)


def _open(content):
    """Return a picture, or nothing when it is none that can be drawn, as a vector drawing."""
    if not content:
        return None
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
        if image.mode in ('RGBA', 'LA', 'P', 'PA'):
            image = image.convert('RGBA')
            flat = Image.new('RGB', image.size, 'white')
            flat.paste(image, mask=image.getchannel('A'))
            return flat
        return image.convert('RGB')
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


# === BOXES === #

def _draw_picture(image, box, font):
    picture = _open(box.picture)
    if picture:
        _paste(image, ImageOps.fit(picture, (box.width, box.height)), box)
        return
    side = min(box.width, box.height)
    _draw_panel(image, box._replace(color=_PLACEHOLDER), font)
    _draw_line(
        image, box.text.strip()[:1].upper(), _load_font(font, max(12, side // 3)),
        (box.x + box.width / 2, box.y + box.height / 2), _PLACEHOLDER_TEXT, anchor='mm')


def _draw_qr_code(image, box, _font):
    size = min(box.width, box.height)
    _paste(image, draw_qr(box.text, size), box)


def _draw_panel(image, box, _font):
    ImageDraw.Draw(image).rounded_rectangle(
        (box.x, box.y, box.x + box.width - 1, box.y + box.height - 1), radius=box.radius, fill=box.color)


def _draw_text(image, box, font):
    loaded = _load_font(font, box.font_size)
    step = int(box.font_size * _LINE_HEIGHT)
    stroke = _get_stroke(box)
    lines = wrap(
        box.text, lambda piece: loaded.getlength(piece) + 2 * stroke, box.width, max(1, box.height // step))
    x, anchor = {
        'left': (box.x, 'lm'),
        'center': (box.x + box.width / 2, 'mm'),
        'right': (box.x + box.width, 'rm'),
    }[box.align]
    for index, line in enumerate(lines):
        _draw_line(image, line, loaded, (x, box.y + (index + 0.5) * step), box.color, anchor, stroke)


_DRAWERS = {'text': _draw_text, 'picture': _draw_picture, 'qr': _draw_qr_code, 'panel': _draw_panel}


# === HELPERS === #

def _draw_line(image, text, font, place, color, anchor, stroke=0):
    ImageDraw.Draw(image).text(
        place, text, font=font, fill=ImageColor.getrgb(color), anchor=anchor, stroke_width=stroke)


def _get_stroke(box):
    return max(1, box.font_size // _BOLD) if box.bold else 0


def _paste(image, picture, box):
    mask = Image.new('L', picture.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, picture.width - 1, picture.height - 1), radius=box.radius, fill=255)
    image.paste(picture, (box.x, box.y), mask)


@functools.lru_cache(maxsize=32)
def _load_font(path, size):
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)
