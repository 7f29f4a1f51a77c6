"""QR codes for posters, by the encoder that Odoo prints barcodes with."""
from PIL import Image
from reportlab.graphics.barcode.qr import QrCodeWidget

_MARGIN = 4                 # modules of white around the code, which scanners need
MIN_QR_SIZE = 120           # pixels; smaller ones cannot be scanned from a screen


def draw_qr(text, size):
    """Return a QR code that is readable with 15 % of it damaged.

    Each module has the same whole number of pixels, so that no edge is blurred; what is left of the
    size becomes margin.

    :param str text:
    :param int size: Width and height in pixels.
    :rtype: PIL.Image.Image
    """
    code = QrCodeWidget(text, barLevel='M').qr
    code.make()
    count = code.getModuleCount()
    modules = Image.new('L', (count, count), 255)
    modules.putdata([
        0 if code.isDark(row, column) else 255 for row in range(count) for column in range(count)])
    scale = max(1, size // (count + 2 * _MARGIN))
    image = Image.new('RGB', (size, size), 'white')
    offset = (size - count * scale) // 2
    image.paste(modules.resize((count * scale, count * scale), Image.Resampling.NEAREST), (offset, offset))
    return image
