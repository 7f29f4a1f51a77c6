"""The second chapter: bounds, a plan, levels, and the people who sell."""
from odoo import Command

from .people import (
    BANKS,
    CITIES,
    CLOSED_ON,
    CUSTOMERS,
    DISTRIBUTORS,
    GIVEN_NAMES,
    PORTAL,
    SURNAMES,
    SUSPENDED_ON,
    phone,
)
from .shop import translate

LEVELS = {                          # key: (names, colour, description)
    "basic": (("普通", "Standard"), 0, ("刚刚加入。", "Has just joined.")),
    "silver": (("银牌", "Silver"), 4, ("稳定推广，佣金更高。", "Sells steadily and earns more.")),
    "gold": (("金牌", "Gold"), 3, ("资深分销商，佣金最高。", "Sells for years and earns most.")),
}
REVISED_ON = 45                     # the day of the plan's second version


def build_network(stage):
    stage.clock.move_to(-30, 10)
    _make_plan(stage)
    for person in DISTRIBUTORS:
        if person.joins < 0:
            stage.clock.move_to(person.joins, 11)
            _apply(stage, person)
            _approve(stage, person)
    _give_access(stage)
    _meet_customers(stage)
    stage.commit()
    stage.say(f"{len(stage.distributors)} distributors under a signed two-tier plan, {CUSTOMERS} customers")


def network_events(stage, day):
    """What happens in the network on a day of the story."""
    for person in DISTRIBUTORS:
        if person.joins == day:
            _apply(stage, person)
        elif person.joins == day - 1 and person.state not in ("draft", "applied"):
            _approve(stage, person)
        elif person.state == "suspended" and day == SUSPENDED_ON:
            _change_state(stage, person, "suspended", "多笔订单的收货电话与本人相同，核实期间暂停")
        elif person.state == "closed" and day == CLOSED_ON:
            _change_state(stage, person, "closed", "本人申请退出")
    if day == REVISED_ON:
        _revise_plan(stage)
    stage.env["distribution.plan.version"]._cron_begin()


# === THE PLAN === #

def _make_plan(stage):
    env = stage.by(stage.merchant, stage.env["distribution.plan"]).env
    for sequence, (key, (names, colour, about)) in enumerate(LEVELS.items(), start=1):
        level = env["distribution.level"].create({
            "name": names[0], "sequence": sequence, "color": colour, "description": about[0]})
        translate(level, "name", names)
        translate(level, "description", about)
        stage.levels[key] = level.id
    policy = env["distribution.policy"]._get_in_force(stage.company)
    policy.plan_second_person = False   # The merchant is the only administrator.
    policy.action_sign_tier2()
    plan = env["distribution.plan"].create({"name": "云岭推广佣金方案"})
    translate(plan, "name", ("云岭推广佣金方案", "Yunling Referral Plan"))
    version = plan._get_latest_version()
    version.rule_ids = [Command.create({"sequence": 10 * number, **rule})
                        for number, rule in enumerate(_rules(env, stage), start=1)]
    version.action_activate()
    stage.plan = plan


def _rules(env, stage):
    """The first row that fits pays: what is special stands above, the default of each tier below."""
    ware = env["product.category"].search([("name", "=", "茶具")], limit=1)
    giftbox = stage.products.filtered(lambda product: product.default_code == "GIFTBOX").product_tmpl_id
    return [
        {"tier": 1, "product_tmpl_id": giftbox.id, "kind": "fixed", "amount": 40.0},
        {"tier": 1, "categ_id": ware.id, "rate": 8.0},
        {"tier": 1, "level_id": stage.levels["gold"], "rate": 15.0},
        {"tier": 1, "level_id": stage.levels["silver"], "rate": 12.0},
        {"tier": 1, "rate": 10.0},
        {"tier": 2, "categ_id": ware.id, "rate": 2.0},
        {"tier": 2, "rate": 4.0},
    ]


def _revise_plan(stage):
    """A version in force is never edited: the next one, announced a week before, pays the silver level more."""
    plan = stage.by(stage.merchant, stage.plan)
    plan.action_new_version()
    version = plan._get_latest_version()
    version.rule_ids.filtered(lambda rule: rule.level_id.id == stage.levels["silver"]).rate = 13.0
    version.action_activate()


# === THE PEOPLE === #

def _apply(stage, person):
    """Somebody fills in the application; staff types it in."""
    number = len(stage.distributors) + 1
    city, state, street, zip_code = CITIES[number % len(CITIES)]
    env = stage.by(stage.merchant, stage.env["distribution.distributor"]).env
    partner = env["res.partner"].create({
        "name": person.name,
        "is_company": person.kind == "company",
        "email": f"{person.key}@example.com",
        "phone": phone(number),
        **_address(stage, city, state, f"{street} {number} 号", zip_code),
    })
    upline = stage.distributors.get(person.upline)
    distributor = env["distribution.distributor"].create({
        "partner_id": partner.id,
        "code": f"{person.key}{number:02d}"[:16].upper(),
        "alias": person.alias,
        "kind": person.kind,
        "level_id": stage.levels[person.level],
        "parent_id": upline.id if upline else False,
    })
    if person.state != "draft":
        distributor.action_apply()
    stage.distributors[person.key] = distributor.with_env(stage.env)


def _approve(stage, person):
    distributor = stage.distributors[person.key]
    stage.by(stage.merchant, distributor).action_activate()
    if person.kind != "company":
        _verify(stage, distributor, person.name)


def _verify(stage, distributor, name):
    """Who it is, and the account of its own that it is paid to."""
    number = 1000 + distributor.id
    for model, values in (
        ("distribution.identity", {
            "document_type": "passport", "real_name": name, "number": f"E{number:08d}", "is_of_age": True}),
        ("distribution.payee.account", {
            "bank_name": BANKS[distributor.id % len(BANKS)], "holder_name": name,
            "number": f"6200000000{number:06d}"}),
    ):
        record = stage.by(stage.merchant, stage.env[model]).create({"distributor_id": distributor.id, **values})
        record.action_verify()


def _change_state(stage, person, target, reason):
    wizard = stage.by(stage.merchant, stage.env["distribution.state.change"]).create({
        "distributor_ids": stage.distributors[person.key].ids, "target_state": target, "reason": reason})
    wizard.action_apply()


def _give_access(stage):
    """Through Odoo's own wizard; the invitation would let them choose a password, here it is their login."""
    for key in PORTAL:
        partner = stage.distributors[key].partner_id
        wizard = stage.env["portal.wizard"].create({"partner_ids": partner.ids})
        wizard.user_ids.action_grant_access()
        partner.user_ids.write({"login": key, "password": key, "lang": "zh_CN", "tz": "Asia/Shanghai"})


def _meet_customers(stage):
    names = [surname + given for surname in SURNAMES for given in GIVEN_NAMES]
    values = []
    for number, name in enumerate(stage.dice.sample(names, CUSTOMERS), start=1):
        city, state, street, zip_code = stage.dice.choice(CITIES)
        values.append({
            "name": name,
            "email": f"guest{number:02d}@example.com",
            "phone": phone(1000 + number),
            **_address(stage, city, state, f"{street} {stage.dice.randint(1, 399)} 号", zip_code),
        })
    stage.customers = stage.fast["res.partner"].create(values)


def _address(stage, city, state, street, zip_code):
    china = stage.env.ref("base.cn")
    return {
        "street": street,
        "city": city,
        "zip": zip_code,
        "state_id": stage.env["res.country.state"].search([
            ("country_id", "=", china.id), ("code", "=", state)], limit=1).id,
        "country_id": china.id,
        "lang": "zh_CN",
        "tz": "Asia/Shanghai",
    }
