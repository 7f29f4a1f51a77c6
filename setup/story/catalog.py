"""What the shop sells. Texts are (Chinese, English)."""

CATEGORIES = {                      # key: (names, key of the parent)
    "tea": (("茶叶", "Tea"), None),
    "green": (("绿茶", "Green Tea"), "tea"),
    "white": (("白茶", "White Tea"), "tea"),
    "oolong": (("乌龙茶", "Oolong Tea"), "tea"),
    "dark": (("红茶与普洱", "Black Tea and Pu'er"), "tea"),
    "ware": (("茶具", "Teaware"), None),
    "gift": (("礼盒", "Gift Boxes"), None),
}

# key, category, names, price with tax, cost, drawing, colour (degrees on the wheel), description
PRODUCTS = [
    ("longjing", "green", ("明前西湖龙井 50g", "West Lake Longjing, pre-Qingming, 50 g"), 168, 72, "leaf", 95,
     ("清明前手工采摘，豆香清雅，回甘悠长。", "Picked by hand before Qingming; chestnuts, a sweet finish.")),
    ("biluochun", "green", ("洞庭碧螺春 50g", "Dongting Biluochun, 50 g"), 138, 58, "leaf", 130,
     ("果树间作，花果香明显。", "Grown among fruit trees, and it tastes of them.")),
    ("silver", "white", ("白毫银针 50g", "Silver Needle White Tea, 50 g"), 198, 90, "cup", 60,
     ("单芽制成，毫香蜜韵。", "Made of single buds: downy, honeyed, mild.")),
    ("dahongpao", "oolong", ("武夷大红袍 100g", "Wuyi Da Hong Pao, 100 g"), 228, 96, "cup", 18,
     ("传统炭焙，岩骨花香。", "Roasted over charcoal: rock and blossom.")),
    ("tieguanyin", "oolong", ("安溪铁观音 125g", "Anxi Tieguanyin, 125 g"), 128, 49, "leaf", 150,
     ("清香型，兰花香高扬。", "Lightly roasted, with the scent of orchids.")),
    ("dancong", "oolong", ("凤凰单丛·鸭屎香 100g", "Phoenix Dancong “Yashixiang”, 100 g"), 188, 80, "cup", 40,
     ("潮州凤凰山，香气高锐持久。", "From the Phoenix mountains; a high, lasting fragrance.")),
    ("dianhong", "dark", ("滇红金芽 100g", "Yunnan Golden Buds, 100 g"), 98, 36, "cup", 5,
     ("金毫显露，汤色红亮，蜜香浓郁。", "Golden tips, a bright red cup, the scent of honey.")),
    ("puer", "dark", ("熟普洱茶饼 357g", "Ripe Pu'er Cake, 357 g"), 158, 60, "cake", 25,
     ("勐海古树料，醇厚顺滑。", "Old trees of Menghai: round and smooth.")),
    ("gaiwan", "ware", ("汝窑盖碗 150ml", "Ru Ware Gaiwan, 150 ml"), 268, 118, "bowl", 190,
     ("天青釉，开片自然，越用越润。", "Sky-blue glaze with a fine crackle that deepens with use.")),
    ("teapot", "ware", ("宜兴紫砂壶 200ml", "Yixing Clay Teapot, 200 ml"), 588, 260, "pot", 12,
     ("原矿紫泥，全手工西施壶。", "Purple clay, shaped by hand, the Xishi form.")),
    ("tray", "ware", ("楠竹茶盘", "Bamboo Tea Tray"), 328, 135, "tray", 80,
     ("整竹拼接，储水排水两用。", "Solid bamboo; collects or drains the water.")),
    ("giftbox", "gift", ("四季茶礼盒", "Four Seasons Gift Box"), 399, 168, "box", 340,
     ("绿、白、乌龙、红茶各一罐，附贺卡。", "A tin each of green, white, oolong and black tea; a card.")),
]
STOCK = 400                         # of each, counted on the first day
