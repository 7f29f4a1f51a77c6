import ast
import re
from pathlib import Path

from odoo.modules.module import get_module_path
from odoo.tests import BaseCase, tagged

ADDONS = (
    'distribution_core', 'distribution_commission', 'distribution_portal', 'distribution_wechat',
    'distribution_website_sale', 'distribution_privacy_lookup', 'distribution_sale_loyalty', 'distribution_loyalty',
    'distribution_queue_job', 'distribution_wechat_delivery',
)
PURE = {
    'distribution_core/attribution': {'datetime', 're', 'typing'},
    'distribution_core/crypto': {
        'base64', 'binascii', 'cryptography', 'datetime', 'hashlib', 'hmac', 'os', 're', 'unicodedata'},
    'distribution_core/compliance': {'typing'},
    'distribution_commission/engine': {'typing'},
    'distribution_commission/tax': {'typing'},
    'distribution_portal/poster': {
        'PIL', 'functools', 'hashlib', 'io', 'os', 'pathlib', 're', 'reportlab', 'subprocess', 'typing'},
    'distribution_wechat/wechat': {
        'base64', 'binascii', 'cryptography', 'csv', 'datetime', 'decimal', 'hashlib', 'hmac', 'io', 'json', 'logging',
        'lxml', 're', 'requests', 'secrets', 'struct', 'time', 'typing', 'urllib', 'urllib3', 'zlib'},
    'distribution_wechat/wechat/pay': {
        'base64', 'binascii', 'cryptography', 'csv', 'datetime', 'decimal', 'hashlib', 'hmac', 'io', 'json', 're',
        'requests', 'secrets', 'time', 'typing', 'urllib', 'zlib'},
}
# The only files whose SQL writes; everywhere else the ORM does.
WRITERS = {
    'distribution_core/models/ir_cron.py',
    'distribution_core/models/distribution_attribution.py',
    'distribution_core/models/distribution_distributor.py',
    'distribution_core/models/distribution_touch.py',
    'distribution_core/models/distribution_level_history.py',
    'distribution_core/models/distribution_level_run.py',
    'distribution_core/models/distribution_level_run_line.py',
    'distribution_commission/models/distribution_commission_rows.py',
    'distribution_commission/models/distribution_commission_expense.py',
    'distribution_commission/models/distribution_event.py',
    'distribution_commission/models/distribution_ladder_period.py',
    'distribution_commission/models/distribution_payout_tax.py',
    'distribution_commission/models/distribution_settlement_posting.py',
    'distribution_commission/models/distribution_settlement_preview.py',
    'distribution_commission/models/distribution_transfer.py',
    'distribution_commission/models/res_partner.py',
    'distribution_portal/models/distribution_material_done.py',
    'distribution_sale_loyalty/models/distribution_coupon.py',
    'distribution_wechat/models/distribution_wechat_inbox_mixin.py',
    'distribution_wechat/models/distribution_wechat_notice.py',
    'distribution_wechat/models/distribution_wechat_statement_matching.py',
}
# An amount to compare with, that is owed to nobody: what a level asks for.
THRESHOLDS = {'distribution_core/models/distribution_level.py'}
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
_WRITES = re.compile(r'\b(INSERT INTO|(?<!FOR )UPDATE (?!OF|SKIP)\w+ |DELETE FROM)')


@tagged('post_install', '-at_install')
class TestArchitecture(BaseCase):
    """The form checks itself."""

    def _files(self, pattern='*.py', tests=False):
        """Yield (path as 'addon/...', Path) of the suite's files."""
        for addon in ADDONS:
            root = Path(get_module_path(addon))
            for path in sorted(root.rglob(pattern)):
                relative = path.relative_to(root)
                if tests or 'tests' not in relative.parts:
                    yield f'{addon}/{relative.as_posix()}', path

    @staticmethod
    def _imports(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module.partition('.')[0]

    def test_pure_packages_import_nothing_but_what_they_may(self):
        seen = set()
        for name, path in self._files():
            for package, allowed in PURE.items():
                if name.startswith(f'{package}/'):
                    seen.add(package)
                    foreign = set(self._imports(ast.parse(path.read_text()))) - allowed
                    self.assertFalse(foreign, f"{name} must not import {foreign}: it has to run without Odoo")
        self.assertEqual(seen, set(PURE), "A pure package is gone")

    def test_pure_packages_do_not_compute_with_floats(self):
        for name, path in self._files():
            if not name.startswith((
                'distribution_core/attribution/', 'distribution_commission/engine/', 'distribution_commission/tax/',
            )):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
                is_call = isinstance(node, ast.Call) and getattr(node.func, 'id', '') in ('float', 'round')
                is_division = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
                self.assertFalse(is_float or is_call or is_division, f"{name}: money is integers here")

    def test_only_the_wechat_module_knows_wechat(self):
        for name, path in self._files('*.*'):
            if name.startswith('distribution_wechat') or path.suffix not in ('.py', '.xml', '.js', '.scss', '.csv'):
                continue
            self.assertNotRegex(path.read_text().lower(), r'wechat|weixin|openid', f"{name}: belongs in distribution_wechat")

    def test_the_core_has_no_amount_of_money(self):
        for name, path in self._files():
            if name.startswith('distribution_core/') and name not in THRESHOLDS:
                self.assertNotIn('Monetary(', path.read_text(), f"{name}: belongs in distribution_commission")

    def test_only_named_files_write_by_sql(self):
        writers = {name for name, path in self._files() if _WRITES.search(path.read_text())}
        self.assertEqual(writers, WRITERS)

    def test_sql_is_never_built_from_strings(self):
        for name, path in self._files():
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, 'attr', '') in ('execute', 'execute_query'):
                    argument = node.args[0]
                    built = isinstance(argument, (ast.JoinedStr, ast.BinOp))
                    self.assertFalse(built, f"{name}:{node.lineno}: compose with SQL()")

    def test_nothing_is_swallowed(self):
        for name, path in self._files(tests=True):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ExceptHandler):
                    self.assertIsNotNone(node.type, f"{name}:{node.lineno}: say which exception")
                    only_pass = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
                    self.assertFalse(only_pass, f"{name}:{node.lineno}: an exception is swallowed")

    def test_files_and_functions_stay_small(self):
        for name, path in self._files():
            text = path.read_text()
            self.assertLessEqual(text.count('\n'), MAX_FILE_LINES, f"{name} is more than one room")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    lines = node.end_lineno - node.lineno + 1
                    self.assertLessEqual(lines, MAX_FUNCTION_LINES, f"{name}: {node.name}")

    def test_what_sudo_returns_is_named_so(self):
        """A name ending in _sudo, or used at once and not kept."""
        for name, path in self._files():
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                    continue
                if getattr(node.value.func, 'attr', '') != 'sudo':
                    continue
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.assertTrue(target.id.endswith('_sudo'), f"{name}:{node.lineno}: {target.id}")

    def test_every_model_of_ours_is_prefixed(self):
        for name, path in self._files():
            for model in re.findall(r"^    _name = '([^']+)'", path.read_text(), re.MULTILINE):
                self.assertTrue(model.startswith('distribution.'), f"{name}: {model}")

    def test_each_addon_is_complete(self):
        for addon in ADDONS:
            root = Path(get_module_path(addon))
            for part in (
                'README.md', 'pyproject.toml', 'static/description/icon.png', f'i18n/{addon}.pot', 'i18n/zh_CN.po',
            ):
                with self.subTest(addon=addon, part=part):
                    self.assertTrue((root / part).is_file())

    def test_the_chinese_translation_is_complete(self):
        for addon in ADDONS:
            with self.subTest(addon):
                root = Path(get_module_path(addon)) / 'i18n'
                terms = set(re.findall(r'^msgid "(.+)"$', (root / f'{addon}.pot').read_text(), re.MULTILINE))
                chinese = (root / 'zh_CN.po').read_text()
                missing = terms - set(re.findall(r'^msgid "(.+)"$', chinese, re.MULTILINE))
                self.assertFalse(missing)
                untranslated = re.findall(r'^msgid "(.+)"\nmsgstr ""\n(?!")', chinese, re.MULTILINE)
                self.assertFalse(untranslated)
                self.assertNotIn('#, fuzzy', chinese)
