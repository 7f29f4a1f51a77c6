"""Milliseconds for a poster: drawn from template, product and picture, and asked for again with its ETag.

100 products with photographs of 1,024 pixels, each with a name that has to be shortened, on the template that
comes with the suite. Drawn in this process, one after the other, as one worker of the server does it.
"""
import base64
import io
import random
import statistics
import time

from PIL import Image

PRODUCTS = 100
SIDE = 1024


def run(env):
    template = env.ref("distribution_portal.distribution_poster_template_card")
    distributor = env["distribution.distributor"].create(
        {"partner_id": env["res.partner"].create({"name": "Mei"}).id, "alias": "小梅"})
    distributor._set_active()
    products = prepare(env)
    template._draw(products[0], distributor)        # loads the font
    keys, drawn, sizes = [], [], []
    for product in products:
        env.invalidate_all()
        keys.append(measure(lambda product=product: template._get_key(product, distributor))[0])
        env.invalidate_all()
        seconds, poster = measure(lambda product=product: template._draw(product, distributor))
        drawn.append(seconds)
        sizes.append(len(poster))
    return {
        "metrics": {
            "ms": 1000 * statistics.median(drawn),
            "ms_p90": 1000 * statistics.quantiles(drawn, n=10)[-1],
            "ms_known": 1000 * statistics.median(keys),
            "kilobytes": statistics.median(sizes) / 1024,
            "posters": len(drawn),
        },
        "detail": {"seconds": drawn, "seconds_known": keys, "bytes": sizes},
    }


def prepare(env):
    return env["product.template"].create([{
        "name": f"武夷岩茶正岩肉桂特级礼盒装五百克两罐装附手提袋 {index} " * 3,
        "list_price": 100 + index,
        "distribution_phrase": "清香回甘，适合送长辈",
        "image_1920": photograph(random.Random(index)),
    } for index in range(PRODUCTS)])


def photograph(chance):
    """Noise, softened: as hard to compress as a photograph is."""
    small = Image.frombytes("RGB", (SIDE // 8, SIDE // 8), chance.randbytes(3 * (SIDE // 8) ** 2))
    file = io.BytesIO()
    small.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return base64.b64encode(file.getvalue())


def measure(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result
