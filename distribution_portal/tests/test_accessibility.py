import json
from importlib.util import find_spec
from pathlib import Path
from unittest import SkipTest

from odoo import Command
from odoo.tests import tagged

from .common import PageCommon

_PAGES = (
    '/my/distribution', '/my/distribution/outlook', '/my/distribution/links', '/my/distribution/links/new',
    '/my/distribution/commissions', '/my/distribution/statements', '/my/distribution/withdrawals', '/my/distribution/withdrawals/new',
    '/my/distribution/accounts', '/my/distribution/team', '/my/distribution/ranking', '/my/distribution/messages',
    '/my/distribution/settings', '/my/distribution/disputes', '/my/distribution/disputes/new', '/my/distribution/data',
    '/my/distribution/agreement', '/my/distribution/invite', '/my/distribution/resign', '/my/distribution/review',
    '/my/distribution/tax', '/my/distribution/products', '/my/distribution/materials', '/distribution/apply', '/distribution/rules', '/distribution/agreement',
)
# Looks at each page in a frame as wide as a small phone, once as it is and once with large text.
_CODE = """
    const pages = %(pages)s, source = %(axe)s, found = [];
    const frame = document.createElement("iframe");
    Object.assign(frame.style, { width: "360px", height: "740px", position: "fixed", top: 0, left: 0 });
    document.body.append(frame);
    for (const page of pages) {
        await new Promise((resolve) => { frame.onload = resolve; frame.src = page; });
        const { contentWindow: win, contentDocument: doc } = frame;
        if (doc.location.pathname !== page) { found.push(`${page}: is ${doc.location.pathname}`); continue; }
        win.eval(source);
        for (const size of ["100%%", "200%%"]) {
            doc.documentElement.style.fontSize = size;
            const surplus = doc.documentElement.scrollWidth - win.innerWidth;
            if (surplus > 1 && size === "100%%") { found.push(`${page}: ${surplus} px wider than the screen`); }
            const { violations } = await win.axe.run(doc.querySelector("#wrap"), { resultTypes: ["violations"] });
            for (const { id, impact, nodes } of violations) {
                if (["serious", "critical"].includes(impact)) {
                    found.push(`${page} at ${size}: ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
                }
            }
        }
    }
    if (found.length) { console.error([...new Set(found)].join("\\n")); } else { console.log("test successful"); }
"""


@tagged('post_install', '-at_install', 'distribution_e2e')
class TestAccessibility(PageCommon):
    """No page has a serious finding of axe-core, or is wider than a small phone."""

    browser_size = '360x740'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spec = find_spec('axe_core_python')
        if not spec:
            raise SkipTest("The package axe-core-python is not installed")
        cls.axe = Path(spec.origin).with_name('axe.min.js').read_text()
        gold = cls.env['distribution.level'].create({
            'name': "Gold", 'is_automatic': True, 'min_sales': 5000, 'min_orders': 1, 'max_return_rate': 10})
        cls.company.distribution_ranking = 'sales'
        cls.bo.write({'parent_id': cls.mei.id, 'level_id': gold.id, 'alias': "Sunflower of the south"})
        cls.bo._set_ranking_consent(True)
        cls.env['distribution.announcement'].create({'name': "New in June", 'body': "<p>Oolong</p>"})
        cls.env['distribution.link'].create({'distributor_id': cls.mei.id, 'name': "Spring"})
        cls.env['distribution.agreement'].create({
            'name': "Agreement", 'body': "<p>Be honest.</p>", 'company_id': cls.company.id}).action_publish()
        cls.env['distribution.dispute'].sudo()._submit(
            cls.mei, {'kind': 'other', 'order_name': "S1", 'description': "One is missing."}, [])
        cls.mei._request_withdrawal(5.0)
        cls._invoice(cls._create_order(4, distributor=cls.bo))
        public_user = cls.env.ref('base.public_user').sudo()
        public_user.write({'company_ids': [Command.link(cls.company.id)], 'company_id': cls.company.id})

    def test_no_page_has_a_serious_finding(self):
        code = _CODE % {'pages': json.dumps(_PAGES), 'axe': json.dumps(self.axe)}
        self.browser_js('/my/distribution', f"(async () => {{ {code} }})()", login='mei', timeout=180)
