import importlib.util
import subprocess
import sys
import tempfile

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_portal.controllers.api.operation import PREFIX

from .api_common import ApiCommon

# What would end the run for the others, and files that a browser has to draw.
_LEFT_OUT = 'token_delete', 'resignation', 'statement_pdf', 'tax_slip_pdf'
_CHECKS = (
    'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance',
    'unsupported_method', 'allow_header_conformance', 'ignored_auth', 'missing_required_header',
)
_SECONDS = 90


@tagged('post_install', '-at_install')
class TestApiSchemathesis(ApiCommon):
    """Requests that a program makes up from the document: none breaks the server, none is answered otherwise."""

    # Its requests keep the test's cursor busy.
    test_cursor_lock_timeout = 120

    def test_made_up_requests_are_answered_as_the_document_says(self):
        if not importlib.util.find_spec('schemathesis'):
            self.skipTest("schemathesis is not installed")
        token = self.tokens['mei']
        self.mei._request_withdrawal(5.0)
        self.env.flush_all()
        muted = mute_logger('odoo.http', 'odoo.addons.base.models.res_users', 'werkzeug')
        with self.allow_requests(all_requests=True), muted:
            cookie = '; '.join(f'{name}={value}' for name, value in self.opener.cookies.items())
            command = self._get_command(token, cookie)
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=300,
                cwd=self.enterContext(tempfile.TemporaryDirectory()))      # It leaves a cache where it runs.
        self.env.invalidate_all()
        self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-2_000:])
        self.assertBooks()

    def _get_command(self, token, cookie):
        return [
            sys.executable, '-P', '-m', 'schemathesis.cli', 'run', f'{self.base_url()}{PREFIX}/openapi.json',
            '--header', f'Authorization: Bearer {token}', '--header', f'Cookie: {cookie}',
            *(part for name in _LEFT_OUT for part in ('--exclude-operation-id', name)),
            '--checks', ','.join(_CHECKS), '--phases', 'examples,coverage,fuzzing', '--max-time', str(_SECONDS),
            '--max-examples', '20', '--seed', '1', '--no-shrink', '--generation-database', 'none',
            '--suppress-health-check', 'all', '--warnings', 'off', '--no-color', '--request-timeout', '30',
        ]
