import contextlib
import json
import re

from jsonschema import Draft202012Validator

from odoo.tools import mute_logger

from odoo.addons.distribution_portal.controllers.api.openapi import get_operations
from odoo.addons.distribution_portal.controllers.api.operation import PREFIX

from .common import PageCommon


def make_strict(schema):
    """Return a schema that refuses properties which it does not declare: clients ignore them, tests do not."""
    if isinstance(schema, list):
        return [make_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: make_strict(part) for key, part in schema.items()}
    return {'additionalProperties': False, **strict} if isinstance(schema.get('properties'), dict) else strict


class ApiCommon(PageCommon):
    """Mei and Bo with tokens; every answer is held against the document."""

    def setUp(self):
        super().setUp()
        self.tokens = {login: self._make_token(login) for login in ('mei', 'bo')}

    def _make_token(self, login):
        """Make a token for a user, also for one who would get none by logging in."""
        user = self.env['res.users'].search([('login', '=', login)])
        return self.env['res.users.apikeys'].with_user(user).sudo()._generate('distribution', "Test", '2100-01-01')

    def _send(self, method, path, login='mei', headers=None, **kwargs):
        """Send a request with somebody's token and nothing else; None: without a token."""
        authorization = {'Authorization': f'Bearer {self.tokens[login]}'} if login else {}
        self.opener.cookies.clear()
        with mute_logger('odoo.http'):
            return self.url_open(
                PREFIX + path, method=method, allow_redirects=False, headers={**authorization, **(headers or {})},
                **kwargs)

    def _call(self, request, login='mei', status=200, **kwargs):
        """Send a request such as `GET /me`, check status and form of the answer, and return it."""
        method, path = request.split(' ')
        response = self._send(method, path, login, **kwargs)
        self.assertEqual(response.status_code, status, response.text)
        self.assertDocumented(method, path, response)
        return response.json() if response.content and 'json' in response.headers['Content-Type'] else None

    @contextlib.contextmanager
    def _undo(self):
        """Take back whatever happens meanwhile, also in requests."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            yield
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
            savepoint.close()

    def assertDocumented(self, method, path, response):
        """Check that an answer is as the document says, to the last property."""
        document = self.env['ir.http']._distribution_get_api_document()
        spec = self._find_operation(method, path)
        described = document['paths'][PREFIX + spec.path][method.lower()]['responses'][str(response.status_code)]
        if 'content' not in described:
            self.assertEqual((response.status_code, response.content), (204, b''))
            return
        [(media, content)] = described['content'].items()
        self.assertEqual(response.headers['Content-Type'].partition(';')[0], media)
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        if 'json' in media:
            schema = make_strict({**content['schema'], 'components': document['components']})
            if media == 'application/problem+json':
                schema = {**content['schema'], 'components': document['components']}
            validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
            self.assertEqual([error.message for error in validator.iter_errors(response.json())], [])

    def _find_operation(self, method, path):
        """Return the operation at a path; one without parameters goes first."""
        path = path.partition('?')[0]
        fitting = [
            spec for spec in get_operations(self.env)
            if spec.method == method and re.fullmatch(re.sub(r'{\w+}', '[^/]+', spec.path), path)
        ]
        return min(fitting, key=lambda spec: len(spec.params))

    def assertProblem(self, answer, code, detail=None):
        """Check what kind of a problem it is, and perhaps a part of its words."""
        self.assertEqual(answer['type'].removeprefix('urn:distribution:problem:'), code)
        if detail:
            self.assertIn(detail, json.dumps(answer, ensure_ascii=False))
