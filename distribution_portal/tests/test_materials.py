import base64
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PageCommon

PAGE = '/my/distribution/materials'
PIXEL = b'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='


class MaterialCase(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.silver = cls.env['distribution.level'].create([
            {'name': "Gold", 'sequence': 2, 'company_id': cls.company.id},
            {'name': "Silver", 'sequence': 1, 'company_id': cls.company.id}])
        cls.text = cls._create_material(name="How to brew")

    @classmethod
    def _create_material(cls, publish=True, **values):
        material = cls.env['distribution.material'].create(
            {'name': "Material", 'body': "Boiling water, five seconds.", **values})
        if publish:
            material.action_publish()
        return material

    def _create_file(self, **values):
        return self._create_material(
            kind='file', file=base64.b64encode(b'<html>secret</html>'), file_name='guide.html', **values)


@tagged('post_install', '-at_install')
class TestMaterial(MaterialCase):

    def test_material_that_promises_income_is_not_published(self):
        for name, value in (
            ('name', "躺赚秘籍"), ('body', "加入我们，稳赚！"), ('body', "It is passive income"),
            ('file_name', "月入过万.pdf"),
        ):
            with self.subTest(name, value=value):
                material = self._create_material(publish=False, **{name: value})
                with self.assertRaisesRegex(ValidationError, "does not promise income"), self.cr.savepoint():
                    material.action_publish()
                self.assertRecordValues(material, [{'state': 'draft', 'published_at': False}])
        self.assertEqual(self._create_material(body="不保证收入，无保底").state, 'published')

    def test_published_material_cannot_be_made_to_promise_income(self):
        with self.assertRaisesRegex(ValidationError, "躺赚"), self.cr.savepoint():
            self.text.body = "躺赚"
        self.text.action_withdraw()
        self.text.body = "躺赚"
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.text.action_publish()

    def test_material_without_content_is_not_published(self):
        for kind in ('text', 'picture', 'video', 'file', 'training'):
            with self.subTest(kind):
                material = self._create_material(publish=False, kind=kind, body=False)
                with self.assertRaisesRegex(ValidationError, "There is nothing in"), self.cr.savepoint():
                    material.action_publish()

    def test_a_video_is_a_page_that_is_safe_to_open(self):
        for url in ('http://v.example/1', 'javascript:alert(1)', 'v.example/1', 'https://'):
            with self.subTest(url), self.assertRaises(ValidationError), self.cr.savepoint():
                self._create_material(kind='video', video_url=url)
        self.assertEqual(self._create_material(kind='video', video_url='https://v.example/1').state, 'published')

    def test_states_move_by_buttons_and_what_was_shared_is_kept(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        draft = self._create_material(publish=False, name="Draft").with_user(officer)
        with self.assertRaises(UserError):
            draft.state = 'published'
        self.assertEqual(self.env['distribution.material'].with_user(officer).create(
            {'name': "Sly", 'state': 'published'}).state, 'draft')
        draft.action_publish()
        self.assertRecordValues(draft, [{'state': 'published', 'published_by_id': officer.id}])
        draft.action_withdraw()
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            draft.unlink()
        self._create_material(publish=False).with_user(officer).unlink()

    def test_rights(self):
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_material(company_id=other.id, publish=False)
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            foreign.with_user(officer).name = "Mine"
        employee = new_test_user(self.env, 'employee', groups='base.group_user')
        for user in (employee, self.mei_user):
            for method, arguments in (('read', [['name']]), ('write', [{'name': "x"}]), ('action_publish', [])):
                with self.subTest(user.login, method=method), self.assertRaises(AccessError):
                    getattr(self.text.with_user(user), method)(*arguments)
        self.assertEqual(foreign.name, "Material")

    def test_a_training_done_is_noted_once_and_for_good(self):
        training = self._create_material(kind='training')
        for _tap in range(2):
            training._set_done(self.mei)
        self.assertEqual(training.done_ids.distributor_id, self.mei)
        self.assertEqual((len(training.done_ids), training.done_count), (1, 1))
        with self.assertRaises(UserError):
            training.done_ids.write({'distributor_id': self.bo.id})
        with self.assertRaises(UserError):
            training.done_ids.unlink()
        with self.assertRaisesRegex(UserError, "Only a training"):
            self.text._set_done(self.mei)


@tagged('post_install', '-at_install')
class TestMaterialPages(MaterialCase):

    def test_without_material_the_page_says_so(self):
        self.text.action_withdraw()
        self.assertIn("No material for you yet", self._read(PAGE))

    def test_a_text_is_listed_with_a_button_that_copies_it(self):
        page = self._open(PAGE).text
        self.assertIn('data-text="Boiling water, five seconds."', page)
        self.assertIn("How to brew", self._read(PAGE))
        self.assertIn("Boiling water, five seconds.", self._read(f'{PAGE}/{self.text.id}'))

    def test_material_is_for_whom_and_when_it_is_meant(self):
        today = fields.Date.today()
        other = self.env['res.company'].create({'name': "Other"})
        self.mei._set_level(self.gold, "A test")
        file = self._create_file(name="Guide")
        for case, values, seen in (
            ("everybody", {}, True),
            ("her level", {'level_ids': [Command.set((self.gold | self.silver).ids)]}, True),
            ("another level", {'level_ids': [Command.set(self.silver.ids)]}, False),
            ("from today", {'date_from': today}, True),
            ("from tomorrow", {'date_from': today + timedelta(days=1)}, False),
            ("until tomorrow", {'date_until': today + timedelta(days=1)}, True),
            ("until today", {'date_until': today}, False),
            ("archived", {'active': False}, False),
            ("another company", {'level_ids': [Command.clear()], 'company_id': other.id}, False),
        ):
            material = self._create_file(name="Guide", **({} if 'company_id' in values else values))
            material.write(values)
            with self.subTest(case), mute_logger('odoo.http'):
                for url in ('', '/file'):
                    status = self._open(f'{PAGE}/{material.id}{url}').status_code
                    self.assertEqual(status, 200 if seen else 404, url)
                self.assertEqual(f'{PAGE}/{material.id}' in self._open(PAGE).text, seen)
        with mute_logger('odoo.http'):
            for case, login in (("draft", 'mei'), ("suspended", 'bo')):
                with self.subTest(case):
                    if case == "draft":
                        file.action_withdraw()
                    else:
                        file.action_publish()
                        self.bo._set_suspended("A test")
                        self.assertIn("No material for you yet", self._read(PAGE, 'bo'))
                    self.assertEqual(self._open(f'{PAGE}/{file.id}/file', login).status_code, 404)

    def test_files_are_downloaded_and_never_run_here(self):
        file = self._create_file()
        response = self._open(f'{PAGE}/{file.id}/file')
        self.assertEqual(response.content, b'<html>secret</html>')
        self.assertTrue(response.headers['Content-Disposition'].startswith('attachment'))
        self.assertIn('guide.html', response.headers['Content-Disposition'])
        self.assertNotIn('public', response.headers['Cache-Control'])
        picture = self._create_material(kind='picture', picture=PIXEL)
        self.assertEqual(self._open(f'{PAGE}/{picture.id}/picture').headers['Content-Type'], 'image/png')

    @mute_logger('odoo.http', 'odoo.addons.base.models.ir_binary')
    def test_files_are_had_in_no_other_way(self):
        file = self._create_file()
        attachment = self.env['ir.attachment'].sudo().search([
            ('res_model', '=', 'distribution.material'), ('res_id', '=', file.id), ('res_field', '=', 'file')])
        new_test_user(self.env, 'guest', groups='base.group_portal')
        for login, url in (
            ('guest', f'{PAGE}/{file.id}/file'),
            ('mei', f'/web/content/distribution.material/{file.id}/file'),
            ('mei', f'/web/content/{attachment.id}'),
        ):
            with self.subTest(login, url=url):
                response = self._open(url, login)
                self.assertNotEqual(response.status_code, 200)
                self.assertNotIn(b'secret', response.content)
        self.assertIn('/web/login', self._open(f'{PAGE}/{file.id}/file', None).url)

    def test_material_is_searched_by_words_tag_category_and_kind(self):
        category = self.env['distribution.material.category'].create({'name': "Tea school"})
        other = self.env['distribution.material.category'].create({'name': "Holidays"})
        self._create_material(
            name="Moon festival", category_id=other.id, tag_ids=[Command.create({'name': "Greeting"})])
        self.text.category_id = category
        for query, names in (
            ('search=brew', {"How to brew"}),
            ('search=greet', {"Moon festival"}),
            ('search=boiling', {"How to brew", "Moon festival"}),
            (f'category={other.id}', {"Moon festival"}),
            ('kind=video', set()),
            ('kind=__class__', {"How to brew", "Moon festival"}),
            (f'search=brew&category={other.id}', set()),
        ):
            with self.subTest(query):
                text = self._read(f'{PAGE}?{query}')
                self.assertEqual({name for name in ("How to brew", "Moon festival") if name in text}, names)
                self.assertEqual("No material like this" in text, not names)

    def test_material_about_a_product_stands_beside_it_for_whom_it_is_meant(self):
        product = self.product.product_tmpl_id
        self._put_on_sale(product)
        self.text.product_tmpl_id = product
        url = f'/my/distribution/products/{product.id}'
        self.assertIn(f'{PAGE}/{self.text.id}', self._open(url).text)
        self.text.level_ids = self.gold
        self.assertNotIn(f'{PAGE}/{self.text.id}', self._open(url).text)

    def test_a_training_is_marked_as_done(self):
        training = self._create_material(kind='training', name="Honest selling")
        self.assertIn("Mark as done", self._read(f'{PAGE}/{training.id}'))
        self.assertEqual(self._post(f'{PAGE}/{training.id}/done').status_code, 303)
        self.assertEqual(training.done_ids.distributor_id, self.mei)
        self.assertIn("You have done this training.", self._read(f'{PAGE}/{training.id}'))
        self.assertIn("Mark as done", self._read(f'{PAGE}/{training.id}', 'bo'))

    def test_what_is_not_for_somebody_cannot_be_marked(self):
        training = self._create_material(kind='training', level_ids=[Command.set(self.gold.ids)])
        with mute_logger('odoo.http'):
            self.assertEqual(self._post(f'{PAGE}/{training.id}/done').status_code, 404)
            self.mei._set_level(self.gold, "A test")
            self.authenticate('mei', 'mei')
            self.assertEqual(self.url_open(f'{PAGE}/{training.id}/done', data={'a': 1}).status_code, 400)    # no token
            self.assertEqual(self.url_open(f'{PAGE}/{training.id}/done').status_code, 405)
        self.assertIn("Only a training can be done.", self._get_text(self._post(f'{PAGE}/{self.text.id}/done')))
        self.assertFalse(self.env['distribution.material.done'].search([]))
