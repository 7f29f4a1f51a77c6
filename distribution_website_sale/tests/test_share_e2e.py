from odoo.tests import tagged

from . import test_e2e


@tagged('post_install', '-at_install', 'distribution_e2e')
class TestShareE2E(test_e2e.TestE2E):
    """The distributor shares from the shop and learns, on a phone and on a screen."""

    # The tests of the parent run in its own class.
    test_a_distributor_sees_the_commission_of_a_sale_through_its_link = None
    test_a_distributor_earns_nothing_on_what_it_buys_itself = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oolong.product_tmpl_id.distribution_phrase = "From old trees"
        cls.training = cls.env['distribution.material'].create({
            'name': "Honest selling", 'kind': 'training', 'body': "Say what is true.", 'company_id': cls.company.id})
        cls.training.action_publish()

    def _start(self, size, url, tour):
        self.browser_size, self.touch_enabled = size, size.startswith('390')
        self.start_tour(url, tour, login='mei')

    def test_a_distributor_shares_from_the_page_of_a_product(self):
        for size in ('390x844', '1280x900'):
            with self.subTest(size):
                self._start(size, self.oolong.product_tmpl_id.website_url, 'distribution_shares_from_product')

    def test_a_distributor_marks_a_training_as_done(self):
        for size in ('390x844', '1280x900'):
            with self.subTest(size):
                self.env.cr.execute("DELETE FROM distribution_material_done")
                self.env.invalidate_all()
                self._start(size, '/my/distribution/materials', 'distribution_does_training')
                self.assertEqual(self.training.done_ids.distributor_id, self.mei)
