import json
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution_compliance import alarm_level, fires, measure

CASES = json.loads((Path(__file__).parent / "vectors" / "policy_cases.json").read_text())["networks"]


def network(participants, depth):
    """A network of so many participants with the organiser, one chain of which is so deep."""
    links = {1: None}
    for number in range(2, participants):
        links[number] = number - 1 if number < depth else None
    return links


@st.composite
def trees(draw, size=40):
    """Each member stands below one that came before, or below nobody."""
    return {
        member: draw(st.none() | st.integers(0, member - 1)) if member else None
        for member in range(draw(st.integers(0, size)))
    }


def depth_of(links, member):
    """Count the hard way: walk up, the organiser being level 1."""
    for depth in count(1):
        if member is None:
            return depth
        member = links[member]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_vectors(case):
    figures = measure(case["links"])
    assert (figures.participants, figures.depth) == (case["participants"], case["depth"])
    assert fires(figures) == case["fires"]


@pytest.mark.parametrize(("participants", "depth", "level"), [
    (29, 2, 0), (29, 3, 0), (30, 2, 0), (30, 3, 1), (30, 4, 1), (119, 3, 1), (120, 2, 0), (120, 3, 2),
])
def test_both_thresholds_count_themselves_and_are_needed_together(participants, depth, level):
    figures = measure(network(participants, depth))
    assert (figures.participants, figures.depth) == (participants, depth)
    assert alarm_level(figures) == level
    assert fires(figures) == (['R13'] if level else [])


def test_nobody_but_the_organiser():
    assert measure({}) == (1, 1, ((1, 1),), ())


@given(links=trees())
def test_everybody_counts_once_and_the_deepest_gives_the_depth(links):
    figures = measure(links)
    depths = [1] + [depth_of(links, member) for member in links]
    assert figures.participants == len(links) + 1
    assert figures.depth == max(depths)
    assert dict(figures.by_depth) == {depth: depths.count(depth) for depth in set(depths)}


@given(links=trees(), random=st.randoms())
def test_the_order_in_which_links_are_given_does_not_matter(links, random):
    shuffled = [*links.items()]
    random.shuffle(shuffled)
    assert measure(dict(shuffled)) == measure(links)


@given(links=st.integers(1, 25).flatmap(lambda size: st.dictionaries(
    st.integers(0, size), st.none() | st.integers(0, size), max_size=size)))
def test_a_loop_is_found_with_exactly_its_members(links):
    def is_above_itself(member):
        above, steps = links[member], 0
        while above in links and above != member and steps <= len(links):
            above, steps = links[above], steps + 1
        return above == member

    expected = tuple(sorted(member for member in links if is_above_itself(member)))
    assert measure(links).loops == expected
    assert fires(measure(links)) == (['R25'] if expected else fires(measure(links)))


@given(links=trees(), newcomer=st.integers(100, 200), random=st.randoms())
def test_a_network_never_shrinks_by_one_more(links, newcomer, random):
    grown = {**links, newcomer: random.choice([None, *links])}
    assert measure(grown).participants == measure(links).participants + 1
    assert measure(grown).depth >= measure(links).depth
    assert alarm_level(measure(grown)) >= alarm_level(measure(links))
