from lxml import html

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers.portal import DistributionPortal
from .common import PageCommon


@tagged('post_install', '-at_install')
class TestPreview(PageCommon):
    """An officer looks at the pages of Mei."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user')
        new_test_user(cls.env, 'employee', groups='base.group_user')
        cls.url = f'/distribution/preview/{cls.mei.id}'

    def _get_content(self, response):
        """Return the text of the page without the frame that all pages have."""
        [content] = html.fromstring(response.text).xpath("//div[contains(concat(@class, ' '), 'o_distribution ')]")
        return ' '.join(content.text_content().split())

    def test_an_officer_sees_what_the_distributor_sees(self):
        for page, own in (
            ('', ''), ('/overview', ''), ('/commissions', '/commissions'), ('/statements', '/statements'),
            ('/withdrawals', '/withdrawals'), ('/links', '/links'), ('/team', '/team'), ('/messages', '/messages'),
            ('/outlook', '/outlook'),
        ):
            with self.subTest(page):
                preview = self._open(f'{self.url}{page}', 'officer')
                self.assertEqual(preview.status_code, 200)
                self.assertIn("So sees it: Mei (MEI888)", self._get_text(preview))
                self.assertIn('inert="inert"', preview.text)
                self.assertEqual(
                    self._get_content(preview), self._get_content(self._open(f'/my/distribution{own}')))

    def test_the_overview_of_a_preview_takes_its_parts_from_the_preview(self):
        self.env['distribution.level'].create({'name': "Silver", 'is_automatic': True, 'min_sales': 100})
        page = html.fromstring(self._open(self.url, 'officer').text)
        [url] = page.xpath("//div[@class='o_distribution_outlook']/@data-url")
        self.assertEqual(url, f'{self.url}/outlook?part=1')
        self.assertIn("own net sales in 90 days", self._open(url, 'officer').text)
        self.assertFalse(page.xpath("//form[contains(@class, 'o_portal_search_panel')]"))

    def test_nobody_else_looks_at_them(self):
        for login in ('mei', 'bo', 'employee'):
            with self.subTest(login):
                self.assertEqual(self._open(self.url, login).status_code, 404)
        self.assertIn('/web/login', self._open(self.url, None).url)

    def test_what_is_not_there_is_not_found(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_distributor("Foreign", company_id=other.id)
        for url in (
            f'/distribution/preview/{foreign.id}', '/distribution/preview/0', f'{self.url}/data', f'{self.url}/resign',
            f'{self.url}/__class__', f'{self.url}/_get_own_distributor',
        ):
            with self.subTest(url):
                self.assertEqual(self._open(url, 'officer').status_code, 404)

    def test_a_preview_does_not_last(self):
        self._open(self.url, 'officer')
        self.assertIn("You are not a distributor yet", self._read('/my/distribution', 'officer'))
        self.assertNotIn("Preview:", self._open('/my/distribution').text)

    @mute_logger('odoo.sql_db', 'odoo.http')
    def test_the_database_refuses_writes_of_a_preview(self):
        def write(portal, **_kwargs):
            distributor = portal._get_own_distributor()
            distributor.env.cr.execute("UPDATE distribution_distributor SET alias = 'x' WHERE id = %s", [distributor.id])

        self.patch(DistributionPortal, 'distribution_dashboard', write)
        response = self._open(self.url, 'officer')
        self.assertNotEqual(response.status_code, 200)
        self.mei.invalidate_recordset()
        self.assertFalse(self.mei.alias)

    def test_the_button_leads_to_the_preview(self):
        self.assertEqual(self.mei.action_preview_pages()['url'], self.url)
