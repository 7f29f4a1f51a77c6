"""What stands in the fields of a notice fits them, as the fake platform judges by rules of its own."""
import doctest
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import distribution_wechat_client as wechat
from distribution_wechat_client import notice

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'fakes'))
from wechat_official import _FIELD_PATTERNS


def test_the_examples_hold():
    assert doctest.testmod(notice).failed == 0


@pytest.mark.parametrize(('name', 'text', 'fitting'), [
    ('thing1', "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十"),
    ('thing12', "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"),
    ('amount2', "¥1,234.50", "¥1234.50"),
    ('amount2', "", "0"),
    ('number3', "3 件", "3"),
    ('phrase4', "等待第二人审核", "等待第二人"),
    ('character_string5', "S00012 茶", "S00012"),
    ('name6', "一二三四五六七八九十一", "一二三四五六七八九十"),
    ('thing7', " a\n\tb ", "a b"),
    ('unheard8', "x" * 30, "x" * 20),
])
def test_a_text_is_cut_to_its_field(name, text, fitting):
    assert wechat.fit(name, text) == fitting


@given(st.sampled_from(['thing', 'character_string', 'letter', 'number', 'symbol']), st.text(max_size=60))
def test_whatever_is_said_the_platform_takes_it(kind, text):
    fitting = wechat.fit(f'{kind}1', text)
    assert '\n' not in fitting
    if fitting not in ('-', '0'):
        assert re.fullmatch(_FIELD_PATTERNS[kind], fitting)


def test_only_names_in_braces_are_replaced():
    assert wechat.fill("{a}{b} {c.d} {0!r} {{a}}", {'a': 1, 'b': None}) == "1 {c.d} {0!r} {1}"
    assert wechat.get_placeholders("{a} {b.c} {d}") == {'a', 'd'}
