"""Pictures for the shop, drawn here: a warm background, a simple thing, its name."""
import colorsys
import io
import os
import subprocess
from base64 import b64encode
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

SIZE = 800
FONTS = ("wqy-microhei.ttc", "wqy-zenhei.ttc", "NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf")


@cache
def _font_file():
    """A font with Chinese characters, or nothing: then the pictures carry no text."""
    places = [Path(os.environ.get("XDG_DATA_HOME", "/usr/share")), Path("/usr/share")]
    for name in FONTS:
        for place in places:
            found = next((place / "fonts").rglob(name), None)
            if found:
                return str(found)
    try:
        answer = subprocess.run(["fc-match", "-f", "%{file}|%{lang}", ":lang=zh-cn"],
                                capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    file, _bar, languages = answer.partition("|")
    return file if "zh" in languages else None


def _colour(hue, saturation, value):
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value))


def _background(hue):
    """From light above to a little darker below, with a large pale circle like a moon."""
    column = Image.new("RGB", (1, SIZE))
    top, bottom = _colour(hue, 0.08, 0.98), _colour(hue, 0.24, 0.90)
    for y in range(SIZE):
        share = y / SIZE
        column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
    image = column.resize((SIZE, SIZE))
    ImageDraw.Draw(image).ellipse((170, 90, 630, 550), fill=_colour(hue, 0.04, 1.0))
    return image


def _leaf(draw, hue):
    for x, y, dx, dy in ((400, 190, -130, 270), (400, 190, 0, 300), (400, 190, 130, 270)):
        tip, middle = (x + dx, y), (x + dx // 2, y + dy // 2)
        draw.polygon([tip, (middle[0] - 55, middle[1]), (400, y + 300), (middle[0] + 55, middle[1])],
                     fill=_colour(hue + dx // 12, 0.62, 0.62))
        draw.line([tip, (400, y + 300)], fill=_colour(hue, 0.35, 0.85), width=5)


def _cup(draw, hue):
    rim = _colour(hue, 0.3, 0.6)
    draw.pieslice((250, 170, 550, 500), 0, 180, fill=_colour(hue, 0.12, 0.95), outline=rim, width=6)
    draw.ellipse((250, 295, 550, 375), fill=_colour(hue, 0.78, 0.72), outline=rim, width=6)
    for x in (350, 400, 450):
        draw.arc((x - 25, 170, x + 25, 260), 90, 270, fill=_colour(hue, 0.15, 0.75), width=6)
    draw.rectangle((345, 496, 455, 512), fill=rim)


def _cake(draw, hue):
    draw.ellipse((240, 170, 560, 490), fill=_colour(hue, 0.6, 0.36))
    for inset in (30, 62, 94, 126):
        ring = (240 + inset, 170 + inset, 560 - inset, 490 - inset)
        draw.ellipse(ring, outline=_colour(hue, 0.45, 0.5), width=5)


def _bowl(draw, hue):
    draw.pieslice((250, 180, 550, 520), 0, 180, fill=_colour(hue, 0.32, 0.82))
    draw.pieslice((280, 230, 520, 440), 180, 360, fill=_colour(hue, 0.36, 0.74))
    draw.ellipse((370, 205, 430, 240), fill=_colour(hue, 0.4, 0.66))
    draw.ellipse((290, 500, 510, 535), fill=_colour(hue, 0.2, 0.72))


def _pot(draw, hue):
    draw.ellipse((270, 260, 530, 490), fill=_colour(hue, 0.58, 0.44))
    draw.arc((460, 290, 620, 440), 250, 110, fill=_colour(hue, 0.58, 0.40), width=24)
    draw.polygon([(290, 400), (170, 290), (200, 275), (310, 340)], fill=_colour(hue, 0.58, 0.42))
    draw.ellipse((320, 245, 480, 295), fill=_colour(hue, 0.5, 0.52))
    draw.ellipse((380, 205, 420, 250), fill=_colour(hue, 0.5, 0.52))


def _tray(draw, hue):
    draw.rounded_rectangle((210, 300, 590, 460), 22, fill=_colour(hue - 35, 0.48, 0.66))
    for x in range(240, 580, 34):
        draw.line([(x, 318), (x, 442)], fill=_colour(hue - 35, 0.5, 0.5), width=6)
    draw.ellipse((290, 230, 380, 320), fill=_colour(hue + 120, 0.18, 0.9))
    draw.ellipse((420, 230, 510, 320), fill=_colour(hue + 120, 0.18, 0.9))


def _box(draw, hue):
    draw.rectangle((240, 260, 560, 500), fill=_colour(hue, 0.55, 0.62))
    draw.rectangle((225, 215, 575, 275), fill=_colour(hue, 0.6, 0.52))
    draw.rectangle((380, 215, 420, 500), fill=_colour(45, 0.55, 0.9))
    draw.ellipse((320, 160, 400, 220), outline=_colour(45, 0.6, 0.85), width=14)
    draw.ellipse((400, 160, 480, 220), outline=_colour(45, 0.6, 0.85), width=14)


_DRAWINGS = {
    "leaf": _leaf, "cup": _cup, "cake": _cake, "bowl": _bowl, "pot": _pot, "tray": _tray, "box": _box,
}


def product_picture(drawing, hue, name):
    image = _background(hue)
    draw = ImageDraw.Draw(image)
    _DRAWINGS[drawing](draw, hue)
    if _font_file():
        font = ImageFont.truetype(_font_file(), 54)
        draw.text((SIZE / 2, 660), name, font=font, fill=_colour(hue, 0.55, 0.32), anchor="mm")
    return _encode(image)


def logo(name):
    """The name in one line, with a leaf before it: what two circles have in common."""
    image = Image.new("RGBA", (560, 140), (255, 255, 255, 0))
    green = _colour(140, 0.62, 0.42)
    one, other = (Image.new("L", (560, 560), 0) for _circle in range(2))
    ImageDraw.Draw(one).ellipse((0, 0, 440, 440), fill=255)
    ImageDraw.Draw(other).ellipse((120, 120, 560, 560), fill=255)
    leaf = ImageChops.multiply(one, other)
    ImageDraw.Draw(leaf).line((60, 500, 400, 160), fill=0, width=18)
    image.paste(Image.new("RGBA", (140, 140), green), (0, 0), leaf.resize((140, 140)))
    if _font_file():
        font = ImageFont.truetype(_font_file(), 88)
        ImageDraw.Draw(image).text((150, 70), name, font=font, fill=green, anchor="lm")
    return _encode(image)


def _encode(image):
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return b64encode(file.getvalue())
