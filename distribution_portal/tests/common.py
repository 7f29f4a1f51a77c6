from lxml import html

from odoo import http
from odoo.tests import HttpCase, new_test_user

from odoo.addons.distribution_commission.tests.common import DistributionCommon


class PortalCommon(HttpCase):
    """A distributor, Mei, with a portal user of her own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mei_user = new_test_user(
            cls.env, 'mei', groups='base.group_portal', name="Mei", email='mei@example.com')
        cls.mei = cls._create_distributor(cls.mei_user.partner_id, code='MEI888')

    @classmethod
    def _create_distributor(cls, partner, code, state='active', **values):
        distributor = cls.env['distribution.distributor'].create({
            'partner_id': partner.id,
            'code': code,
            **values,
        })
        distributor.state = state
        return distributor

    def _get(self, url, **kwargs):
        """Open a page without following redirects."""
        return self.url_open(url, allow_redirects=False, **kwargs)

    def assertRedirect(self, response, target):
        self.assertEqual(response.status_code, 302)
        self.assertEqual(response.headers['Location'].removeprefix(self.base_url()), target)


class PageCommon(DistributionCommon, HttpCase):
    """The seller has a portal user, Mei: 30.00 payable, 10.00 pending. So has another, Bo: nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mei_user, cls.bo_user = (
            new_test_user(
                cls.env, login, groups='base.group_portal', name=login.title(), email=f'{login}@example.com')
            for login in ('mei', 'bo')
        )
        cls.mei = cls._create_distributor(None, partner_id=cls.mei_user.partner_id.id, code='MEI888')
        cls.bo = cls._create_distributor(None, partner_id=cls.bo_user.partner_id.id, code='BOBO66')
        cls._make_payable(3, distributor=cls.mei)
        cls._invoice(cls._create_order(1, distributor=cls.mei))
        cls._process()
        cls.settled, cls.pending = cls.env['distribution.commission'].search(
            [('distributor_id', '=', cls.mei.id)], order='id')

    @classmethod
    def _put_on_sale(cls, products):
        """Do what it takes that distributors may share them; with a web shop they have to be published."""
        products.write({'sale_ok': True, **({'is_published': True} if 'is_published' in products._fields else {})})

    def _open(self, url, login='mei', **kwargs):
        """Open a page as somebody; return the answer."""
        self.authenticate(login, login)
        return self.url_open(url, **kwargs)

    def _read(self, url, login='mei'):
        """Return the text of the page's content, as somebody sees it, without superfluous space."""
        response = self._open(url, login)
        self.assertEqual(response.status_code, 200)
        return self._get_text(response)

    def _get_text(self, response):
        [wrap] = html.fromstring(response.text).xpath("//div[@id='wrap']")
        return ' '.join(wrap.text_content().split())

    def _count_statements(self, url, login='mei'):
        """Return how many statements a page costs once everything about it is warm."""
        for _warming in range(2):
            self._open(url, login)
        before = self.env.cr.sql_log_count
        self.assertEqual(self.url_open(url).status_code, 200)
        return self.env.cr.sql_log_count - before

    def _post(self, url, login='mei', **data):
        """Send a form as somebody."""
        self.authenticate(login, login)
        data['csrf_token'] = http.Request.csrf_token(self)
        return self.url_open(url, data=data, allow_redirects=False)
