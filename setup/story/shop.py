"""The first chapter: a company in China with its books, its shelves full, and a shop on the web."""
from .catalog import CATEGORIES, PRODUCTS, STOCK
from .people import STAFF, phone
from .pictures import logo, product_picture

NAME = "云岭茶舍"
ENGLISH_NAME = "Yunling Tea House"
SHIPPING, FREE_FROM = 12.0, 199.0


def open_shop(stage):
    stage.clock.move_to(-40, 9)
    _found_company(stage)
    _open_books(stage)
    _hire_staff(stage)
    stage.say("company, chart of accounts and staff are there")
    _fill_shelves(stage)
    _open_website(stage)
    stage.commit()
    stage.say(f"{len(stage.products)} products on the shelves, the shop is open")


def translate(record, field, texts):
    """Write (Chinese, English) into a translated field."""
    record.update_field_translations(field, {"zh_CN": texts[0], "en_US": texts[1]})


def _found_company(stage):
    env, company = stage.env, stage.company
    env.ref("base.CNY").active = True
    company.write({
        "name": NAME,
        "country_id": env.ref("base.cn").id,
        "state_id": env["res.country.state"].search([("code", "=", "滇"), ("country_id.code", "=", "CN")]).id,
        "city": "昆明市",
        "street": "五华区翠湖南路 18 号",
        "zip": "650031",
        "phone": phone(0),
        "email": "hello@example.com",
        "website": "https://www.example.com",
        "logo": logo(NAME),
        "account_price_include": "tax_included",    # as shops in China show their prices
    })
    company.partner_id.write({"tz": "Asia/Shanghai", "lang": "zh_CN"})
    (env.ref("base.user_root") | env.ref("base.user_admin")).tz = "Asia/Shanghai"


def _open_books(stage):
    env, company = stage.env, stage.company
    if company.chart_template != "cn":
        env["account.chart.template"].try_loading("cn", company)
    company._distribution_setup_accounting()
    company._distribution_check_accounting()
    # The addon names them in English, in which charts are loaded: a Chinese company reads Chinese.
    for record, texts in (
        (company.distribution_journal_id, ("分销", "Distribution")),
        (company.distribution_expense_account_id, ("分销佣金费用", "Commission Expense")),
        (company.distribution_accrued_account_id, ("应计佣金", "Accrued Commission")),
        (company.distribution_payable_account_id, ("应付佣金", "Commission Payable")),
        (company.distribution_tax_account_id, ("代扣个人所得税", "Tax Withheld from Commissions")),
    ):
        translate(record, "name", texts)
    journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
    bank = env["res.bank"].create({"name": "招商银行昆明分行"})
    journal.write({"bank_acc_number": "8719 0000 0010 001", "bank_id": bank.id})
    env["product.pricelist"].search([]).currency_id = company.currency_id


def _hire_staff(stage):
    users = {
        login: stage.env["res.users"].create({
            "name": name,
            "login": login,
            "password": login,
            "email": f"{login}@example.com",
            "lang": "zh_CN",
            "tz": "Asia/Shanghai",
            "group_ids": [(4, stage.env.ref(group).id) for group in groups],
        })
        for login, (name, groups) in STAFF.items()
    }
    stage.merchant, stage.accountant = users["merchant"], users["accountant"]


def _make_categories(env):
    kinds, shelves = {}, {}
    for sequence, (key, (texts, parent)) in enumerate(CATEGORIES.items()):
        kinds[key] = env["product.category"].create({
            "name": texts[0], "parent_id": kinds[parent].id if parent else False})
        shelves[key] = env["product.public.category"].create({
            "name": texts[0], "sequence": sequence, "parent_id": shelves[parent].id if parent else False})
        translate(shelves[key], "name", texts)
    return kinds, shelves


def _fill_shelves(stage):
    env = stage.fast
    kinds, shelves = _make_categories(env)
    for sequence, (key, category, names, price, cost, drawing, hue, about) in enumerate(PRODUCTS):
        product = env["product.product"].create({
            "name": names[0],
            "default_code": key.upper(),
            "type": "consu",
            "is_storable": True,
            "categ_id": kinds[category].id,
            "public_categ_ids": [(4, shelves[category].id)],
            "list_price": price,
            "standard_price": cost,
            "weight": 0.3,
            "website_sequence": sequence,
            "is_published": True,
            "image_1920": product_picture(drawing, hue, names[0].split(" ")[0]),
        })
        translate(product.product_tmpl_id, "name", names)
        product.description_sale = about[0]
        translate(product.product_tmpl_id, "description_sale", about)
        stage.products += product
    _count_stock(stage)


def _count_stock(stage):
    """The first stock-taking, as the merchant does it."""
    quants = stage.by(stage.merchant, stage.fast["stock.quant"]).with_context(inventory_mode=True)
    warehouse = stage.env["stock.warehouse"].search([("company_id", "=", stage.company.id)], limit=1)
    warehouse.write({"name": f"{NAME}总仓", "code": "YL"})
    quants.create([{
        "product_id": product.id,
        "location_id": warehouse.lot_stock_id.id,
        "inventory_quantity": STOCK,
    } for product in stage.products]).action_apply_inventory()


def _open_website(stage):
    env = stage.env
    chinese = env["res.lang"]._get_data(code="zh_CN").id
    english = env["res.lang"]._get_data(code="en_US").id
    website = env["website"].search([], limit=1, order="id")
    website.write({
        "name": f"{NAME} · {ENGLISH_NAME}",
        "company_id": stage.company.id,
        "language_ids": [(6, 0, [chinese, english])],
        "default_lang_id": chinese,
        "homepage_url": "/shop",
        "logo": logo(NAME),
        "auth_signup_uninvited": "b2c",
        "show_line_subtotals_tax_selection": "tax_included",
        "configurator_done": True,
    })
    env["ir.config_parameter"].set_param("auth_signup.allow_uninvited", "True")     # outside the website too
    env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
    _open_till(env)


def _open_till(env):
    """Odoo's demo provider and the bank transfer; and a parcel that costs something below an amount."""
    demo = env.ref("payment.payment_provider_demo")
    demo.write({"state": "test", "is_published": True})
    transfer = env.ref("payment.payment_provider_transfer")
    transfer.write({"state": "enabled", "is_published": True})
    others = env["payment.provider"].search([("state", "!=", "disabled")]) - demo - transfer
    others.write({"state": "disabled", "is_published": False})
    parcel = env["delivery.carrier"].search([("is_published", "=", True)], limit=1)
    parcel.write({"fixed_price": SHIPPING, "free_over": True, "amount": FREE_FROM})
    translate(parcel, "name", ("快递配送", "Parcel"))
