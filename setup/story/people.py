"""Who is in the story. Nobody of them is real: telephone numbers and e-mail addresses lead nowhere."""
from typing import NamedTuple

STAFF = {                           # login: (name, groups)
    "merchant": ("周静雯", (
        "sales_team.group_sale_manager", "stock.group_stock_manager", "website.group_website_designer",
        "product.group_product_manager", "account.group_account_invoice",
        "distribution_core.group_distribution_manager",
    )),
    "accountant": ("郑国强", (
        "account.group_account_manager", "account.group_account_user", "account.group_validate_bank_account",
        "base.group_partner_manager", "distribution_commission.group_distribution_finance",
    )),
}


class Person(NamedTuple):
    """A distributor: its place in the network, and the day when it joins (before 0: at the start)."""

    key: str
    name: str
    alias: str
    upline: str | None = None
    level: str = "basic"
    joins: int = -20
    kind: str = "individual"
    state: str = "active"           # at the end of the story


DISTRIBUTORS = [
    Person("linxia", "林小夏", "小夏的茶桌", level="gold", joins=-28),
    Person("wangyue", "王悦", "悦来茶香", level="gold", joins=-28),
    Person("zhaolei", "赵磊", "磊哥说茶", level="silver", joins=-27),
    Person("sunqian", "孙倩", "倩倩生活馆", level="silver", joins=-26),
    Person("hexin", "杭州禾心文化有限公司", "禾心文化", level="silver", joins=-25, kind="company"),
    Person("liufang", "刘芳", "芳草茶集", joins=-25),
    Person("chenmo", "陈默", "默默喝茶", "linxia", level="silver", joins=-24),
    Person("huangting", "黄婷", "婷婷玉立", "linxia", joins=-24),
    Person("wuhao", "吴昊", "昊然茶舍", "linxia", joins=-22),
    Person("zhengyi", "郑怡", "怡然自得", "linxia", joins=6),
    Person("xumin", "徐敏", "敏姐好物", "wangyue", level="silver", joins=-22),
    Person("malong", "马龙", "老马识茶", "wangyue", joins=-21),
    Person("zhujie", "朱洁", "洁净生活", "wangyue", joins=14),
    Person("hubin", "胡斌", "胡同茶客", "zhaolei", joins=-20),
    Person("guoxue", "郭雪", "初雪煮茶", "zhaolei", joins=-18),
    Person("linkai", "林凯", "凯旋茶事", "zhaolei", joins=22),
    Person("hejing", "何静", "静水深流", "sunqian", joins=-17),
    Person("gaoyuan", "高远", "高山流水", "sunqian", joins=-16, kind="sole_trader"),
    Person("luoying", "罗莹", "莹火虫", "sunqian", joins=30),
    Person("liangchen", "梁辰", "良辰美景", "chenmo", joins=-12),
    Person("songjia", "宋佳", "佳茗有约", "chenmo", joins=-11),
    Person("tangyan", "唐燕", "燕语茶香", "huangting", joins=3),
    Person("xiezhen", "谢真", "真茶味", "xumin", joins=-10),
    Person("hanxiao", "韩笑", "笑口常开", "xumin", joins=40),
    Person("caoyang", "曹阳", "向阳而生", "malong", joins=-9, state="suspended"),
    Person("dengli", "邓丽", "丽人茶坊", "hubin", joins=-8, state="closed"),
    Person("pengfei", "彭飞", "鹏程万里", "liufang", joins=18, kind="employee"),
    Person("zengrou", "曾柔", "温柔时光", "linxia", joins=88, state="applied"),
    Person("tianye", "田野", "田园茶语", "wangyue", joins=90, state="applied"),
    Person("dongxue", "董雪", "雪落茶山", "xumin", joins=91, state="draft"),
]
PORTAL = ("linxia", "chenmo")
SUSPENDED_ON, CLOSED_ON = 74, 66

SURNAMES = "李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高梁"
GIVEN_NAMES = (
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超",
    "霞", "平", "秀兰", "桂英", "子涵", "雨桐", "浩然", "欣怡", "梓萱", "一诺", "思远", "嘉怡", "俊杰",
    "雅婷", "文博", "晓彤", "志远", "诗涵",
)
CITIES = [                          # city, state code, street, zip
    ("杭州市", "浙", "西湖区文三路", "310012"),
    ("上海市", "沪", "徐汇区漕溪北路", "200030"),
    ("北京市", "京", "朝阳区建国路", "100022"),
    ("广州市", "粤", "天河区体育东路", "510620"),
    ("深圳市", "粤", "南山区科技园路", "518057"),
    ("成都市", "蜀", "锦江区春熙路", "610021"),
    ("苏州市", "苏", "姑苏区平江路", "215005"),
    ("南京市", "苏", "玄武区中山路", "210008"),
    ("武汉市", "鄂", "武昌区中南路", "430071"),
    ("厦门市", "闽", "思明区鹭江道", "361001"),
]
CUSTOMERS = 80
BANKS = ("中国工商银行", "中国建设银行", "中国农业银行", "招商银行")


def phone(number):
    """A number of no subscriber, different for each person."""
    return f"+86 199 0000 {number:04d}"
