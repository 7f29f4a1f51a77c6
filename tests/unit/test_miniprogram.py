"""The mini program: its logic by node alone; its pages by miniprogram-simulate, which `setup/test` installs."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / 'miniprogram'
FRONT = TESTS.parents[1] / 'distribution_wechat' / 'miniprogram'
NODE = shutil.which('node')


@pytest.mark.skipif(not NODE, reason="node is not installed")
@pytest.mark.parametrize(('name', 'least'), [('utils', 20), ('pages', 20)])
def test_the_mini_program_does_what_it_should(name, least):
    if name == 'pages' and not ((TESTS / 'node_modules').exists() or os.environ.get('NODE_PATH')):
        pytest.skip("the packages of tests/miniprogram are not installed")
    done = subprocess.run(
        [NODE, '--test', '--test-reporter=tap', str(TESTS / f'{name}.test.cjs')], capture_output=True, text=True,
        timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
    assert int(re.search(r'^# pass (\d+)$', done.stdout, re.MULTILINE)[1]) >= least


def test_every_page_is_complete_and_known():
    app = json.loads((FRONT / 'app.json').read_text())
    assert sorted(app['pages']) == sorted(
        f'pages/{folder.name}/{folder.name}' for folder in (FRONT / 'pages').iterdir())
    for page in app['pages']:
        for suffix in ('js', 'json', 'wxml'):
            assert (FRONT / f'{page}.{suffix}').is_file()
        for handler in re.findall(r'bind\w+="(\w+)"', (FRONT / f'{page}.wxml').read_text()):
            assert re.search(rf'\b{handler}\(', (FRONT / f'{page}.js').read_text()), (page, handler)
    assert {tab['pagePath'] for tab in app['tabBar']['list']} <= set(app['pages'])


def test_nobody_is_promised_anything_for_sharing():
    for path in FRONT.rglob('*'):
        if path.is_file():
            for word in ('分享赚', '邀请奖励', '分享得', '拉新', '躺赚', '转发领'):
                assert word not in path.read_text(), path
