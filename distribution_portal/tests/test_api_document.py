from jsonschema import Draft202012Validator

from odoo.tests import tagged

from odoo.addons.distribution_portal.controllers.api.openapi import get_operations
from odoo.addons.distribution_portal.controllers.api.operation import PREFIX, ROUTING_TYPE

from .api_common import ApiCommon


@tagged('post_install', '-at_install')
class TestApiDocument(ApiCommon):

    def test_each_route_is_in_the_document_and_each_path_of_the_document_is_a_route(self):
        document = self._call('GET /openapi.json', None)
        written = {
            (method.upper(), path) for path, methods in document['paths'].items() for method in methods}
        self.assertEqual(written, {(spec.method, PREFIX + spec.path) for spec in get_operations(self.env)})
        routes = [
            rule for rule in self.env['ir.http'].routing_map().iter_rules()
            if rule.endpoint.routing['type'] == ROUTING_TYPE or rule.rule.startswith(PREFIX)
        ]
        undeclared = {rule.rule for rule in routes if not rule.endpoint.routing.get('operation')}
        self.assertEqual(undeclared, {PREFIX, f'{PREFIX}/<path:path>'})
        self.assertEqual(
            sorted((*(rule.methods - {'HEAD', 'OPTIONS'}), rule.rule) for rule in routes if rule.rule not in undeclared),
            sorted((spec.method, spec.rule) for spec in get_operations(self.env)))

    def test_operations_have_names_of_their_own_and_say_what_they_do(self):
        specs = get_operations(self.env)
        self.assertEqual(len({spec.name for spec in specs}), len(specs))
        for spec in specs:
            with self.subTest(spec.name):
                self.assertRegex(spec.summary, r'^[A-Z].*\.$')

    def test_the_schemas_are_json_schema_and_what_they_refer_to_exists(self):
        document = self._call('GET /openapi.json', None)
        self.assertEqual(document['openapi'], '3.1.0')
        schemas = document['components']['schemas']
        for name, schema in schemas.items():
            with self.subTest(name):
                Draft202012Validator.check_schema(schema)
        for reference in self._get_references(document):
            with self.subTest(reference):
                self.assertIn(reference.rpartition('/')[2], schemas)

    def test_values_of_selections_are_those_of_the_database(self):
        schemas = self._call('GET /openapi.json', None)['components']['schemas']
        self.assertEqual(
            schemas['Commission']['properties']['status']['enum'],
            ['pending', 'available', 'held', 'settled', 'cancelled'])

    def test_no_amount_is_a_number(self):
        for name, schema in self._call('GET /openapi.json', None)['components']['schemas'].items():
            with self.subTest(name):
                self.assertNotIn("'number'", str([part.get('type') for part in schema.get('properties', {}).values()]))

    def test_what_is_no_route_is_a_problem_too(self):
        for request, login, status, allow in (
            ('GET /nothing', None, 404, None),
            ('GET ', None, 404, None),
            ('POST /me', 'mei', 405, 'GET'),
            ('PUT /withdrawals', None, 405, 'GET, POST'),
            ('GET /withdrawals/1/more', 'mei', 404, None),
            ('OPTIONS /withdrawals', 'mei', 204, 'GET, POST, OPTIONS'),
        ):
            with self.subTest(request):
                method, path = request.split(' ')
                response = self._send(method, path, login)
                self.assertEqual(response.status_code, status)
                self.assertEqual(response.headers.get('Allow'), allow)
                if status != 204:
                    self.assertEqual(response.headers['Content-Type'], 'application/problem+json')
                    self.assertEqual(response.json()['status'], status)

    def _get_references(self, part):
        if isinstance(part, dict):
            if '$ref' in part:
                yield part['$ref']
            for value in part.values():
                yield from self._get_references(value)
        elif isinstance(part, list):
            for value in part:
                yield from self._get_references(value)
