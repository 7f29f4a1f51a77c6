"""Posters: words stay inside of their place, and what looks the same has the same key."""
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from distribution_poster import MIN_QR_SIZE, Box, Poster, draw, draw_qr, find_chinese_font, get_key
from distribution_poster.fonts import _look_for_known_files
from distribution_poster.text import ELLIPSIS, wrap

WORDS = st.text(alphabet="茶叶，。！abc XYZ-5¥.\n", max_size=60)
URL = "https://shop.example/d/MEI888?to=/shop/5&s=qr"


@given(WORDS, st.integers(2, 30), st.integers(1, 6))
def test_lines_are_no_wider_and_no_more_than_there_is_room_for(text, width, count):
    lines = wrap(text, len, width, count)
    assert len(lines) <= count
    assert all(len(line) <= width for line in lines)


@given(WORDS, st.integers(2, 30))
def test_no_character_is_lost_where_there_is_room(text, width):
    lines = wrap(text, len, width, 1000)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(WORDS, st.integers(2, 30), st.integers(1, 6))
def test_what_was_cut_off_is_said_and_nothing_else_is(text, width, count):
    whole, lines = wrap(text, len, width, 1000), wrap(text, len, width, count)
    assert (lines != whole) == (len(whole) > count)
    assert (bool(lines) and lines[-1].endswith(ELLIPSIS)) == (len(whole) > count)


@pytest.mark.parametrize(("text", "width", "count", "lines"), [
    ("武夷岩茶，正岩肉桂", 5, 2, ["武夷岩茶，", "正岩肉桂"]),
    ("武夷岩茶，正岩肉桂", 4, 3, ["武夷岩", "茶，正岩", "肉桂"]),
    ("A very long name", 7, 1, ["A very…"]),
    ("Unbreakable", 4, 3, ["Unbr", "eaka", "ble"]),
    ("Two tins 500g", 9, 2, ["Two tins", "500g"]),
    ("", 5, 2, []),
])
def test_where_lines_are_broken(text, width, count, lines):
    assert wrap(text, len, width, count) == lines


def test_a_key_names_what_is_seen():
    poster = Poster(300, 300, "#ffffff", None, (Box("qr", 0, 0, 200, 200, text=URL),))
    key = get_key(poster, None)
    assert key == get_key(poster._replace(), None)
    others = [
        poster._replace(color="#fffffe"), poster._replace(background=b"x"), poster._replace(width=301),
        poster._replace(boxes=(poster.boxes[0]._replace(text=URL + "x"),)),
        poster._replace(boxes=(poster.boxes[0]._replace(picture=b"x"),)),
    ]
    assert len({key, get_key(poster, "/a/font"), *(get_key(other, None) for other in others)}) == 7


@pytest.mark.parametrize("size", [MIN_QR_SIZE, 211, 500])
def test_a_code_has_whole_pixels_for_each_module_and_a_margin_of_four(size):
    image = draw_qr(URL, size).convert("L")
    assert image.size == (size, size)
    assert {colour for _count, colour in image.getcolors()} == {0, 255}
    left, top, right, bottom = image.point(lambda level: 255 - level).getbbox()
    module = next(width for width in range(1, 200) if not all(
        image.getpixel((left + width, top + row)) == 0 for row in range(2))) // 7
    assert (right - left) == (bottom - top)
    assert (right - left) % module == 0
    assert min(left, top, size - right, size - bottom) >= 4 * module


def test_a_poster_without_anything_is_its_colour():
    image = Image.open(io.BytesIO(draw(Poster(240, 300, "#102030", None, ()), None)))
    assert (image.size, image.getcolors()) == ((240, 300), [(72000, (16, 32, 48))])


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_leaves_a_place_with_an_initial(content):
    poster = Poster(240, 240, "#ffffff", None, (Box("picture", 0, 0, 240, 240, text="Tea", picture=content),))
    image = Image.open(io.BytesIO(draw(poster, None)))
    assert image.getpixel((1, 1)) == (233, 238, 236)
    assert len(image.getcolors(5000)) > 2


def test_there_is_a_font_with_chinese_characters():
    assert find_chinese_font(), "Install fonts-noto-cjk or fonts-wqy-microhei"


def test_a_known_file_is_found_where_fontconfig_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "other"))
    assert _look_for_known_files() is None
    font = tmp_path / "fonts" / "truetype" / "wqy-microhei.ttc"
    font.parent.mkdir(parents=True)
    font.touch()
    assert _look_for_known_files() == str(font)
