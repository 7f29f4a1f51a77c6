import base64
import io
from unittest.mock import patch

from PIL import Image, ImageChops

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_portal.models import distribution_poster_template
from odoo.addons.distribution_portal.poster import draw_qr, find_chinese_font

from .common import PageCommon

QR = {'kind': 'qr', 'x': 300, 'y': 500, 'width': 150, 'height': 150}
NAME = {'kind': 'name', 'x': 20, 'y': 20, 'width': 460, 'height': 60, 'font_size': 30}


class PosterCase(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['distribution.poster.template'].search([]).active = False
        cls.template = cls._create_template(NAME, QR)
        cls.tea = cls.product.product_tmpl_id
        cls._put_on_sale(cls.tea)
        cls.url = f'/my/distribution/posters/{cls.template.id}/{cls.tea.id}.png'

    @classmethod
    def _create_template(cls, *elements, **values):
        return cls.env['distribution.poster.template'].create({
            'name': "Spring", 'width': 500, 'height': 700,
            'element_ids': [Command.create(element) for element in elements], **values})

    @staticmethod
    def _to_image(content):
        return Image.open(io.BytesIO(content)).convert('RGB')

    def _draw(self, product=None, distributor=None):
        return self._to_image(self.template._draw(product or self.tea, distributor or self.mei))

    def assertDiffer(self, first, second, box=None):
        """Check that two pictures differ; when a box is given, within it and nowhere else."""
        difference = ImageChops.difference(first, second).getbbox()
        self.assertTrue(difference)
        if box:
            left, top, right, bottom = difference
            self.assertTrue(
                left >= box['x'] and top >= box['y'] and right <= box['x'] + box['width']
                and bottom <= box['y'] + box['height'], difference)


@tagged('post_install', '-at_install')
class TestPoster(PosterCase):

    def test_the_machine_has_a_font_with_chinese_characters(self):
        """Without, what the tests below draw is boxes: `setup/` brings one, on a server its package does."""
        self.assertTrue(find_chinese_font(), "Install fonts-noto-cjk or fonts-wqy-microhei")
        self.assertFalse(self.template.lacks_font)

    def test_a_poster_has_the_code_of_the_distributor_for_the_product(self):
        image = self._draw()
        self.assertEqual(image.size, (500, 700))
        part = image.crop((300, 500, 450, 650))
        expected = draw_qr(self.tea._distribution_get_qr_url(self.mei), 150)
        self.assertFalse(ImageChops.difference(part, expected).getbbox())
        self.assertDiffer(image, self._draw(distributor=self.bo), QR)

    def test_each_kind_of_element_is_drawn_in_its_place(self):
        blank = self._draw()
        self.tea.write({'distribution_phrase': "清香回甘，适合送长辈", 'list_price': 1288})
        self.mei.alias = "小梅"
        box = {'x': 20, 'y': 300, 'width': 200, 'height': 120, 'font_size': 30}
        for kind, values in (
            ('picture', {}), ('price', {}), ('phrase', {}), ('alias', {}), ('text', {'text': "春茶上市"}),
            ('panel', {'color': '#aa3311', 'radius': 10}),
        ):
            with self.subTest(kind):
                element = self.env['distribution.poster.element'].create(
                    {'template_id': self.template.id, 'kind': kind, **box, **values})
                self.assertDiffer(blank, self._draw(), box)
                element.unlink()

    def test_chinese_characters_are_not_boxes(self):
        self.tea.name = "龘"
        first = self._draw()
        self.tea.name = "茶"
        self.assertDiffer(first, self._draw(), NAME)

    def test_a_long_name_ends_in_an_ellipsis_inside_of_its_place(self):
        self.tea.name = "茶"
        short = self._draw()
        self.tea.name = "武夷岩茶正岩肉桂特级礼盒装五百克两罐装附手提袋" * 10
        self.assertDiffer(short, self._draw(), NAME)
        self.tea.name += "！"
        self.assertFalse(ImageChops.difference(self._draw(), self._draw()).getbbox())

    def test_a_picture_fills_its_place_and_a_missing_one_leaves_the_initial(self):
        box = {'x': 20, 'y': 200, 'width': 200, 'height': 200}
        self.template.element_ids = [Command.create({'kind': 'picture', **box})]
        missing = self._draw()
        file = io.BytesIO()
        Image.new('RGBA', (400, 100), (200, 0, 0, 255)).save(file, 'PNG')
        self.tea.image_1920 = base64.b64encode(file.getvalue())
        self.assertEqual(self._draw().getpixel((120, 300)), (200, 0, 0))
        self.assertDiffer(missing, self._draw(), box)
        self.tea.image_1920 = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
        self.assertFalse(ImageChops.difference(missing, self._draw()).getbbox())

    def test_a_background_picture_covers_the_poster(self):
        file = io.BytesIO()
        Image.new('RGB', (100, 100), (0, 90, 0)).save(file, 'PNG')
        self.template.background_image = base64.b64encode(file.getvalue())
        self.assertEqual(self._draw().getpixel((499, 699)), (0, 90, 0))

    def test_an_alias_that_promises_income_gives_way_to_the_code(self):
        for alias, shown in (("小梅", "小梅"), ("躺赚小梅", "MEI888"), ("  ", "MEI888"), (False, "MEI888")):
            with self.subTest(alias=alias):
                self.mei.alias = alias
                self.assertEqual(self.template._get_content(self.tea, self.mei).alias, shown)

    def test_without_a_chinese_font_the_form_warns_and_posters_are_drawn_all_the_same(self):
        with patch.object(distribution_poster_template, 'find_chinese_font', lambda: None):
            self.assertTrue(self.template.lacks_font)
            self.assertEqual(self._draw().size, (500, 700))
            self.env['ir.config_parameter'].set_param('distribution_portal.poster_font', '/nowhere.ttf')
            self.template.invalidate_recordset(['lacks_font'])
            self.assertTrue(self.template.lacks_font)
        self.env['ir.config_parameter'].set_param('distribution_portal.poster_font', find_chinese_font())
        with patch.object(distribution_poster_template, 'find_chinese_font', lambda: None):
            self.template.invalidate_recordset(['lacks_font'])
            self.assertFalse(self.template.lacks_font)


@tagged('post_install', '-at_install')
class TestPosterTemplate(PosterCase):

    def test_what_cannot_be_drawn_is_refused(self):
        for case, elements, values in (
            ("no code", [NAME], {}),
            ("two codes", [QR, QR], {}),
            ("a code too small", [{**QR, 'width': 100}], {}),
            ("outside", [QR, {**NAME, 'width': 600}], {}),
            ("below", [{**QR, 'y': 600}], {}),
        ):
            with self.subTest(case), self.assertRaises(ValidationError), self.cr.savepoint():
                self._create_template(*elements, **values)

    def test_what_the_database_refuses(self):
        for case, elements, values in (
            ("before the edge", [QR, {**NAME, 'x': -1}], {}),
            ("a colour by name", [QR, {**NAME, 'color': 'red'}], {}),
            ("a background that is none", [QR], {'background_color': '#12345'}),
            ("a side too long", [QR], {'width': 2001}),
            ("a side too short", [{**QR, 'x': 0, 'y': 0}], {'width': 200}),
            ("too many pixels", [QR], {'width': 2000, 'height': 2000}),
            ("a font too large", [QR, {**NAME, 'font_size': 3000}], {}),
        ):
            with self.subTest(case), mute_logger('odoo.sql_db'), self.assertRaises(Exception) as caught, self.cr.savepoint():
                self._create_template(*elements, **values)
                self.env.flush_all()
            self.assertIn(type(caught.exception).__name__, ('CheckViolation', 'ValidationError'))

    def test_texts_do_not_promise_income(self):
        with self.assertRaisesRegex(ValidationError, "月入过万"):
            self._create_template(QR, {**NAME, 'kind': 'text', 'text': "月入过万不是梦"})

    def test_the_preview_follows_the_form_and_waits_while_it_is_not_complete(self):
        preview = self.template.preview
        self.assertEqual(self._to_image(base64.b64decode(preview)).size, (500, 700))
        self.template.element_ids[0].y = 100
        self.assertNotEqual(self.template.preview, preview)
        draft = self.env['distribution.poster.template'].new({'name': "New"})
        self.assertFalse(draft.preview)

    def test_the_templates_that_come_with_the_module_can_be_drawn(self):
        for name in ('card', 'square'):
            with self.subTest(name):
                template = self.env.ref(f'distribution_portal.distribution_poster_template_{name}')
                template._check_elements()
                self.assertEqual(
                    self._to_image(template._draw(self.tea, self.mei)).size, (template.width, template.height))

    def test_officers_edit_the_templates_of_their_companies_and_nobody_else_reads_them(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_template(QR, company_id=other.id)
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        self.template.with_user(officer).name = "Summer"
        self.template.with_user(officer).element_ids[0].font_size = 20
        with self.assertRaises(AccessError):
            foreign.with_user(officer).name = "Mine"
        with self.assertRaises(AccessError):
            foreign.element_ids.with_user(officer).font_size = 20
        employee = new_test_user(self.env, 'employee', groups='base.group_user')
        for user in (employee, self.mei_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.template.with_user(user).read(['name'])
        self.assertEqual((foreign.name, foreign.element_ids.font_size), ("Spring", 32))


@tagged('post_install', '-at_install')
class TestPosterPage(PosterCase):

    def test_the_poster_is_the_own_one_and_is_kept_by_the_browser_alone(self):
        response = self._open(self.url)
        self.assertEqual(response.headers['Content-Type'], 'image/png')
        self.assertEqual(response.headers['Cache-Control'], 'private, no-cache')
        self.assertFalse(ImageChops.difference(self._to_image(response.content), self._draw()).getbbox())
        self.assertDiffer(self._to_image(self._open(self.url, 'bo').content), self._draw(), QR)

    def test_what_the_browser_has_is_not_drawn_again_until_something_changes(self):
        key = self._open(self.url).headers['ETag']

        def ask(login='mei'):
            return self._open(self.url, login, headers={'If-None-Match': key}).status_code
        with patch.object(distribution_poster_template, 'draw', side_effect=AssertionError("drawn again")):
            self.assertEqual(ask(), 304)
        self.assertEqual(ask('bo'), 200)
        for case, record, values in (
            ("price", self.tea, {'list_price': 55}),
            ("name", self.tea, {'name': "Green tea"}),
            ("place", self.template.element_ids[0], {'y': 40}),
        ):
            before = {name: record[name] for name in values}
            with self.subTest(case):
                record.write(values)
                self.assertEqual(ask(), 304 if case == "price" else 200)    # This poster shows no price.
                record.write(before)
                self.assertEqual(ask(), 304)

    def test_nothing_is_written_and_nothing_stored(self):
        count = self.env['ir.attachment'].search_count([])
        with self.assertNoLogs('odoo.http', 'WARNING'):
            self.assertEqual(self._open(self.url).status_code, 200)
        self.assertEqual(self.env['ir.attachment'].search_count([]), count)

    @mute_logger('odoo.http')
    def test_there_is_no_poster_for_whom_it_is_not(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_template(QR, company_id=other.id)
        hidden = self.env['product.template'].create({'name': "Hidden", 'sale_ok': False})
        new_test_user(self.env, 'guest', groups='base.group_portal')
        for case, login, url in (
            ("a guest", 'guest', self.url),
            ("of another company", 'mei', self.url.replace(f'/{self.template.id}/', f'/{foreign.id}/')),
            ("no template", 'mei', self.url.replace(f'/{self.template.id}/', '/0/')),
            ("not to be shared", 'mei', self.url.replace(f'/{self.tea.id}.png', f'/{hidden.id}.png')),
        ):
            with self.subTest(case):
                self.assertEqual(self._open(url, login).status_code, 404)
        self.assertIn('/web/login', self._open(self.url, None).url)
        self.mei._set_suspended("A test")
        self.assertEqual(self._open(self.url).status_code, 404)

    def test_the_public_qr_code_leads_to_pages_of_this_site_alone(self):
        for to, path in (('/shop/5', '?to=/shop/5&s=qr'), ('//evil.example', '?s=qr'), ('/d/BOBO66', '?s=qr')):
            with self.subTest(to), patch(
                'odoo.addons.distribution_portal.controllers.referral.ReferralController._draw_qr',
                return_value=b'') as drawn:
                self.url_open('/d/MEI888/qr.png', params={'to': to})
                self.assertEqual(drawn.call_args.args[0], self.mei.referral_url + path)
