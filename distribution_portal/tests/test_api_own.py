from odoo.tests import tagged

from .api_common import ApiCommon


@tagged('post_install', '-at_install')
class TestApiOwn(ApiCommon):

    def test_smoke(self):
        for path in ('/me', '/dashboard', '/orders', '/team', '/reviews', '/products', '/links', '/commissions',
                     '/statements', '/withdrawals', '/withdrawals/terms', '/accounts', '/disputes', '/agreement',
                     '/application', '/tax-slips', '/texts/privacy', f'/commissions/{self.settled.id}'):
            with self.subTest(path):
                print(path, self._call(f'GET {path}'))
