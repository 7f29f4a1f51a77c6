from unittest.mock import patch

from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.distribution_portal.controllers.api.base import DistributionApi

from .api_common import ApiCommon

LINK = {'name': "Tea"}


@tagged('post_install', '-at_install')
class TestApiInput(ApiCommon):

    def test_parameters_of_lists_are_judged(self):
        for query, pointer in (
            ('limit=0', 'query/limit'), ('limit=101', 'query/limit'), ('limit=-1', 'query/limit'),
            ('limit=ten', 'query/limit'), ('limit=1.5', 'query/limit'), ('limit=', 'query/limit'),
            ('limit=9999999999999999999999', 'query/limit'), ('offset=-1', 'query/offset'),
            ('offset=1000001', 'query/offset'), ('status=unheard-of', 'query/status'), ('status=', 'query/status'),
            ('from=2026-02-30', 'query/from'), ('from=01.02.2026', 'query/from'), ('from=0001-01-01', 'query/from'),
            ('until=9999-12-31', 'query/until'), ('until=20260101', 'query/until'), ('from=%00', 'query/from'),
        ):
            with self.subTest(query):
                answer = self._call(f'GET /commissions?{query}', status=422)
                self.assertEqual([error['pointer'] for error in answer['errors']][:1], [pointer])
                self.assertProblem(answer, 'invalid')
        self.assertEqual(self._call('GET /commissions?unheard=of')['total'], 2)

    def test_pages_of_a_list(self):
        everything = self._call('GET /commissions')['items']
        self.assertEqual([item['id'] for item in everything], [self.pending.id, self.settled.id])
        for query, expected in (
            ('limit=1', everything[:1]), ('limit=1&offset=1', everything[1:]), ('offset=2', []), ('limit=100', everything),
        ):
            with self.subTest(query):
                page = self._call(f'GET /commissions?{query}')
                self.assertEqual((page['items'], page['total']), (expected, 2))

    def test_what_is_no_json_is_told_so(self):
        json = {'Content-Type': 'application/json'}
        for case, status, headers, data in (
            ("nothing", 400, json, b''), ("broken", 400, json, b'{"name": '), ("not a number", 400, json, b'{"name": NaN}'),
            ("no text", 400, json, b'\xff\xfe\x00'), ("deep", 400, json, b'[' * 50_000), ("endless", 400, json, b'9' * 5000),
            ("form", 415, {}, {'name': "Tea"}), ("none", 415, {'Content-Type': 'text/plain'}, b'{"name": "Tea"}'),
            ("large", 413, json, b'"' + b'a' * 70_000 + b'"'),
        ):
            with self.subTest(case):
                response = self._send('POST', '/links', headers=headers, data=data)
                self.assertEqual(response.status_code, status)
                self.assertDocumented('POST', '/links', response)
        self.assertEqual(self._call('GET /links')['total'], 0)

    def test_what_is_not_as_declared_is_refused_with_the_place_and_without_what_was_sent(self):
        for body, pointer in (
            ([], 'body'), (None, 'body'), ("Tea", 'body'), ({}, 'body'), ({'name': 5}, 'body/name'), ({'name': ""}, 'body/name'),
            ({'name': " \t"}, 'body/name'), ({'name': "x" * 101}, 'body/name'), ({'name': "a\0b"}, 'body'),
            ({'name': "\ud800"}, 'body'), ({**LINK, 'adress': '/secret-4711'}, 'body'), ({**LINK, 'address': None}, 'body/address'),
        ):
            with self.subTest(body=str(body)[:40]):
                response = self._send('POST', '/links', json=body) if body is not None else self._send(
                    'POST', '/links', data=b'null', headers={'Content-Type': 'application/json'})
                self.assertEqual(response.status_code, 422)
                self.assertEqual(response.json()['errors'][0]['pointer'], pointer)
                self.assertNotIn('secret-4711', response.text)
                self.assertDocumented('POST', '/links', response)
        self.assertEqual(self._call('GET /links')['total'], 0)

    def test_errors_of_models_become_problems(self):
        """409 what cannot be as things are, 422 what is not valid, 404 what is gone."""
        link = self._call('POST /links', status=201, json=LINK)
        self.assertProblem(
            self._call('POST /links', status=409, json={**LINK, 'address': 'https://elsewhere.example/'}), 'refused',
            "not the address of a page of this site")
        self._call(f"DELETE /links/{link['id']}", status=204)
        self._call(f"DELETE /links/{link['id']}", status=404)

    def test_every_exception_has_its_status_and_what_nobody_foresaw_tells_nothing(self):
        for error, status, code, is_told in (
            (AccessError("secret"), 403, 'forbidden', False), (MissingError("secret"), 404, 'about:blank', False),
            (ValidationError("secret"), 422, 'invalid', True), (UserError("secret"), 409, 'refused', True),
            (ValueError("secret"), 500, 'about:blank', False), (NotFound("secret"), 404, 'about:blank', False),
        ):
            with self.subTest(type(error).__name__), patch.object(DistributionApi, '_api_list', side_effect=error):
                response = self._send('GET', '/links')
                self.assertEqual((response.status_code, response.json()['status']), (status, status))
                self.assertEqual(response.headers['Content-Type'], 'application/problem+json')
                self.assertProblem(response.json(), code)
                self.assertEqual("secret" in response.text, is_told)

    def test_what_is_said_comes_back_as_it_was_said(self):
        hostile = '<script>alert(1)</script> & "quotes" {{7*7}} %s \u202e中文 😀'
        link = self._call('POST /links', status=201, json={'name': hostile[:100]})
        self.assertEqual(link['name'], hostile)
        self.assertEqual(self._call('GET /links')['items'][0]['name'], hostile)
        dispute = self._call('POST /disputes', status=201, json={'kind': 'other', 'description': hostile})
        self.assertEqual(dispute['description'], hostile)
        dispute = self._call(f"POST /disputes/{dispute['id']}/messages", status=201, json={'text': hostile})
        self.assertEqual([message['text'] for message in dispute['messages']], [hostile])
        response = self._send('GET', '/links')
        self.assertEqual(response.headers['Content-Type'].partition(';')[0], 'application/json')
        self.assertEqual(response.headers['X-Content-Type-Options'], 'nosniff')
