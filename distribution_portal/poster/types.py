from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle of a poster, and what stands in it. Measures are pixels, from the upper left corner."""

    kind: str                       # text, picture, qr or panel
    x: int
    y: int
    width: int
    height: int
    text: str = ''                  # of a text; of a QR code: what it says; of a picture: the name of what it shows
    picture: bytes | None = None
    color: str = '#000000'
    font_size: int = 32
    align: str = 'left'             # left, center or right
    bold: bool = False
    radius: int = 0                 # of the corners


class Poster(NamedTuple):
    """What is drawn, the first box first."""

    width: int
    height: int
    color: str
    background: bytes | None
    boxes: tuple[Box, ...]
