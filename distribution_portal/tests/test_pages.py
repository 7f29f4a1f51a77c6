from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import format_date

from ..controllers import portal
from .common import PageCommon

PAGES = (
    '/my/distribution',
    '/my/distribution/commissions',
    '/my/distribution/commissions/page/2',
    '/my/distribution/commissions?filterby=pending',
    '/my/distribution/commissions?filterby=unheard-of',
    '/my/distribution/statements',
    '/my/distribution/withdrawals',
    '/my/distribution/withdrawals/new',
    '/my/distribution/tax',
    '/my/distribution/links',
    '/my/distribution/links/new',
    '/my/distribution/products',
    '/my/distribution/materials',
    '/my/distribution/data',
)


@tagged('post_install', '-at_install')
class TestAccess(PageCommon):

    def test_pages_are_for_people_who_are_logged_in(self):
        for url in PAGES:
            with self.subTest(url=url):
                response = self._open(url, None)
                self.assertIn('/web/login', response.url)

    def test_who_is_no_distributor_is_told_so(self):
        for login, groups in (
            ('guest', 'base.group_portal'),
            ('employee', 'base.group_user'),
            ('officer', 'distribution_core.group_distribution_user'),
        ):
            new_test_user(self.env, login, groups=groups)
            for url in PAGES:
                with self.subTest(login=login, url=url):
                    text = self._read(url, login)
                    self.assertIn("With a link of your own you earn", text)
                    self.assertNotIn("Tea", text)

    def test_pages_write_nothing(self):
        with self.assertNoLogs('odoo.http', 'WARNING'):     # Where a write on a read-only page shows.
            for url in (*PAGES, f'/my/distribution/commissions/{self.settled.id}'):
                with self.subTest(url=url):
                    self._read(url)

    def test_what_belongs_to_another_is_not_found(self):
        withdrawal = self.mei._request_withdrawal(5.0)
        for login in ('bo', new_test_user(self.env, 'guest', groups='base.group_portal').login):
            for record_id in (self.settled.id, 0, 2**31):
                with self.subTest(login=login, record_id=record_id):
                    response = self._open(f'/my/distribution/commissions/{record_id}', login)
                    self.assertEqual(response.status_code, 404)
            with self.subTest(login=login):
                response = self._post(f'/my/distribution/withdrawals/{withdrawal.id}/cancel', login)
                self.assertEqual(response.status_code, 404)
                self.assertEqual(withdrawal.state, 'requested')

    def test_lists_hold_nothing_of_another(self):
        self.mei._request_withdrawal(5.0)
        for page, empty in (
            ('commissions', "No commission yet"),
            ('statements', "No statement yet"),
            ('withdrawals', "No withdrawal yet"),
        ):
            with self.subTest(page=page):
                self.assertIn(empty, self._read(f'/my/distribution/{page}', 'bo'))

    def test_an_officer_who_sells_sees_its_own_only(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        self._create_distributor(None, partner_id=officer.partner_id.id)
        self.assertIn("No commission yet", self._read('/my/distribution/commissions', 'officer'))

    def test_no_page_names_a_buyer(self):
        for url in (*PAGES, f'/my/distribution/commissions/{self.settled.id}'):
            with self.subTest(url=url):
                self.assertNotIn(self.customer.name, self._read(url))


@tagged('post_install', '-at_install')
class TestPages(PageCommon):

    def test_the_home_page_counts_for_distributors_alone(self):
        new_test_user(self.env, 'guest', groups='base.group_portal')
        for login, count in (('mei', 1), ('guest', 0)):
            with self.subTest(login=login):
                self.authenticate(login, login)
                self.assertEqual(
                    self.make_jsonrpc_request('/my/counters', {'counters': ['distribution_count']}),
                    {'distribution_count': count})

    def test_the_overview_shows_the_amounts_the_link_and_the_latest_commissions(self):
        self.mei._request_withdrawal(12.5)
        self.mei.level_id = self.env['distribution.level'].create({'name': "Gold"})
        text = self._read('/my/distribution')
        for part in (
            "You can withdraw Gold $ 17.50 Withdraw",
            "Pending $ 10.00 Until",
            "Available $ 0.00 Goes",
            "In payout $ 12.50 On its way",
            "Paid $ 0.00 Since",
            "Your link",
            f"Tea {self._get_date(self.settled.created_at)} · {self.settled.order_name} $ 30.00 Settled",
            f"Tea {self._get_date(self.pending.created_at)} · {self.pending.order_name} $ 10.00 Pending",
        ):
            with self.subTest(part=part):
                self.assertIn(part, text)
        page = self.opener.get(f'{self.base_url()}/my/distribution').text
        self.assertIn(f'value="{self.mei.referral_url}"', page)
        self.assertIn('src="/d/MEI888/qr.svg"', page)

    def test_the_overview_says_what_to_do_first(self):
        text = self._read('/my/distribution', 'bo')
        self.assertIn("No commission yet Share your link.", text)
        self.assertNotIn("Withdraw $", text)

    def test_the_overview_says_how_the_distributor_stands(self):
        for state, notice in (
            ('draft', "Your application is being looked at"),
            ('applied', "Your application is being looked at"),
            ('suspended', "Your account is under review."),
            ('closed', "You are a distributor no longer"),
        ):
            with self.subTest(state=state):
                self.mei.state = state
                text = self._read('/my/distribution')
                self.assertIn(notice, text)
                self.assertNotIn("Your link Copy", text)

    def test_a_debt_is_said_plainly(self):
        invoice = self._make_payable(2, distributor=self.bo)
        self.bo._request_withdrawal(20.0)
        self._refund(invoice)
        self._process()
        text = self._read('/my/distribution', 'bo')
        self.assertIn("You can withdraw $ 0.00 Owed after refunds: $ 20.00", text)

    def test_commissions_are_filtered_by_status(self):
        for filterby, shown in (
            ('all', {'settled', 'pending'}),
            ('pending', {'pending'}),
            ('settled', {'settled'}),
            ('available', set()),
            ('cancelled', set()),
            ('__class__', {'settled', 'pending'}),
        ):
            with self.subTest(filterby=filterby):
                text = self._read(f'/my/distribution/commissions?filterby={filterby}')
                for name in ('settled', 'pending'):
                    self.assertEqual(getattr(self, name).order_name in text, name in shown)
                self.assertEqual("No commission like this" in text, not shown)

    def test_a_long_list_is_counted_so_far_and_no_further(self):
        for most, is_cut in ((3, False), (2, True), (1, True)):
            with self.subTest(most), patch.object(portal, '_MOST_LISTED', most):
                text = self._read('/my/distribution/commissions')
                self.assertIn(self.pending.order_name, text)
                self.assertEqual("Only the latest commissions are listed here." in text, is_cut)

    def test_a_commission_is_explained(self):
        text = self._read(f'/my/distribution/commissions/{self.settled.id}')
        self.assertIn(f"Tea Order {self.settled.order_name}", text)
        for line in self.settled._get_explanation_lines():
            with self.subTest(line=line):
                self.assertIn(' '.join(line.split()), text)

    def test_statements_are_listed_when_posted(self):
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.mei.id)])
        text = self._read('/my/distribution/statements')
        self.assertIn(f"{statement.name} {self._get_date(statement.date)} $ 30.00", text)
        self.env.cr.execute("UPDATE distribution_settlement SET state = 'draft'")
        self.env.invalidate_all()
        self.assertIn("No statement yet", self._read('/my/distribution/statements'))

    def test_of_several_companies_the_one_at_hand_is_shown(self):
        other = self.env['res.company'].create({'name': "Other"})
        self._create_distributor(
            None, partner_id=self.mei_user.partner_id.id, company_id=other.id, code='AAAA22')
        self.assertIn('?ref=MEI888', self._read('/my/distribution'))
        self.mei_user.write({'company_ids': [(4, other.id)], 'company_id': other.id})
        self.assertIn('?ref=AAAA22', self._read('/my/distribution'))

    def _get_date(self, date):
        return format_date(self.env, date)
