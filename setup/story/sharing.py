"""What distributors find to share: words about products, material, a training, news, a ranking, a shop page."""
from .catalog import PRODUCTS
from .people import DISTRIBUTORS
from .pictures import product_picture
from .shop import translate

# By the key of the product: a sentence to send along, and what speaks for it.
WORDS = {
    "longjing": ("春天的第一口，喝得到豆香", ("清明前手工采摘", "一芽一叶，整叶可见", "玻璃杯冲泡即可，水温 80℃")),
    "silver": ("白毫银针，三年是宝", ("单芽制成", "可长期存放", "口感清甜，不苦不涩")),
    "dahongpao": ("岩骨花香，越泡越甜", ("传统炭焙", "七泡有余香", "附冲泡说明")),
    "puer": ("一饼熟普，一家人慢慢喝", ("勐海古树料", "温润不刺激", "煮饮皆宜")),
    "teapot": ("一把好壶，养一辈子", ("原矿紫泥", "全手工制作", "附收藏证书")),
    "giftbox": ("把四季装进一个盒子里", ("四款茶各一罐", "附手写贺卡", "礼盒可直接寄送")),
}
MATERIALS = [                       # category, kind, title, text
    ("文案", "text", "春茶上市 · 朋友圈文案", "今年的明前龙井到了。豆香清雅，回甘悠长，水温 80℃ 就好。想尝一尝的朋友，点开链接看看。"),
    ("文案", "text", "送礼怎么选", "送长辈选熟普，送同事选礼盒，送自己选一把壶。不知道怎么挑，告诉我喝茶的人是谁，我来帮你选。"),
    ("图片", "picture", "龙井海报底图", None),
    ("图片", "picture", "四季茶礼盒", None),
    ("培训", "training", "新人第一课：怎样如实推荐",
     "1. 只说自己喝过、用过的感受。\n2. 不承诺功效，也不承诺收入。\n3. 佣金只来自真实成交的订单，退货会退回佣金。\n4. 分享时说明自己是分销商。"),
    ("培训", "training", "六大茶类十分钟", "绿、白、黄、青、红、黑：区别在于发酵的程度。先会泡绿茶和乌龙茶，其余慢慢来。"),
]
NEWS = [
    (("中秋礼盒开售", "Gift boxes for the Mid-Autumn Festival"),
     ("四季茶礼盒今日开售，海报和文案已放入素材库。",
      "The Four Seasons box is on sale from today. Posters and texts are in the material library.")),
    (("结算提醒", "About settlement"),
     ("每月 5 日结算上月已过退货期的佣金，请先核实收款账户。",
      "On the 5th of each month we settle what is past its return period. Please have your account verified.")),
]
PICTURED = {"龙井海报底图": 0, "四季茶礼盒": len(PRODUCTS) - 1}
IN_RANKING = 14                     # distributors, the first of the list, who want to be in it
STAR = "linxia"


def give_to_share(stage):
    """At the end, so that it is fresh."""
    _write_words(stage)
    _fill_library(stage)
    _tell_news(stage)
    _rank(stage)
    _open_page(stage)
    stage.commit()
    stage.say("material, news, ranking and a shop page are there")


def _write_words(stage):
    for (key, *_rest), product in zip(PRODUCTS, stage.products, strict=True):
        if key in WORDS:
            phrase, points = WORDS[key]
            product.product_tmpl_id.write({"distribution_phrase": phrase, "distribution_points": "\n".join(points)})


def _fill_library(stage):
    env = stage.by(stage.merchant, stage.env["distribution.material"]).env
    names = dict.fromkeys(category for category, *_rest in MATERIALS)
    categories = {name: env["distribution.material.category"].create({"name": name}) for name in names}
    for category, kind, title, text in MATERIALS:
        values = {"category_id": categories[category].id, "kind": kind, "name": title, "body": text}
        if kind == "picture":
            number = PICTURED[title]
            *_head, drawing, hue, _about = PRODUCTS[number]
            values |= {
                "picture": product_picture(drawing, hue, title),
                "product_tmpl_id": stage.products[number].product_tmpl_id.id,
            }
        env["distribution.material"].create(values).action_publish()


def _tell_news(stage):
    for subject, body in NEWS:
        news = stage.by(stage.merchant, stage.env["distribution.announcement"]).create(
            {"name": subject[0], "body": f"<p>{body[0]}</p>"})
        translate(news, "name", subject)
        news.update_field_translations("body", {"en_US": {body[0]: body[1]}}, source_lang="zh_CN")


def _rank(stage):
    stage.company.write({"distribution_ranking": "sales", "distribution_ranking_cycle": "month"})
    for person in DISTRIBUTORS[:IN_RANKING]:
        distributor = stage.distributors[person.key]
        if distributor.state == "active":
            distributor._set_ranking_consent(True)


def _open_page(stage):
    distributor = stage.distributors[STAR]
    pages = stage.env["distribution.shop.page"]
    pages._save_own(distributor, "小夏的茶桌", "每一款都是我自己喝过、愿意推荐给朋友的。")
    for product in stage.products[:4] | stage.products[-1]:
        pages._add_own(distributor, product.product_tmpl_id)
