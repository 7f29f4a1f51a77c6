"""Posters from plain values: imports nothing of Odoo and keeps nothing."""
from .draw import draw, get_key
from .fonts import find_chinese_font
from .qr import MIN_QR_SIZE, draw_qr
from .types import Box, Poster
