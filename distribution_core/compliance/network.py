from typing import NamedTuple

# From when on the police in China opens cases, and from when on they count as serious (joint opinion
# of 2013): each number counts itself, and both the number of people and the levels must be reached.
ALARM_PARTICIPANTS = 30
ALARM_DEPTH = 3
ALARM_PARTICIPANTS_SERIOUS = 120


class Figures(NamedTuple):
    """The size of a network.

    Attributes:
        participants: Everybody who ever could earn or recruit, and the organiser. None: there is a loop.
        depth: Levels, the organiser being level 1. None: there is a loop.
        by_depth: Pairs of level and participants on it, from level 1 on; empty when there is a loop.
        loops: Those who stand above themselves, sorted.
    """
    participants: int | None
    depth: int | None
    by_depth: tuple = ()
    loops: tuple = ()


def measure(links):
    """Count the participants and levels of a network.

    :param dict links: Participant to the one above, or None. One above who is no participant counts as None.
    :rtype: Figures
    """
    below = {}
    for member, parent in links.items():
        below.setdefault(parent if parent in links else None, []).append(member)
    by_depth = [(1, 1)]
    reached, level = 0, below.get(None, [])
    while level:
        by_depth.append((len(by_depth) + 1, len(level)))
        reached += len(level)
        level = [child for member in level for child in below.get(member, ())]
    if reached < len(links):
        return Figures(None, None, loops=tuple(sorted(_find_loops(links))))
    return Figures(reached + 1, len(by_depth), tuple(by_depth))


def alarm_level(figures):
    """Return 0 below the thresholds, 1 from the first one on, 2 from the serious one on.

    :param Figures figures:
    :rtype: int
    """
    if figures.loops or figures.depth < ALARM_DEPTH:
        return 0
    return sum(figures.participants >= limit for limit in (ALARM_PARTICIPANTS, ALARM_PARTICIPANTS_SERIOUS))


def fires(figures):
    """Return the codes of the rules that these figures fire.

    :param Figures figures:
    :rtype: list[str]
    """
    if figures.loops:
        return ['R25']
    return ['R13'] if alarm_level(figures) else []


def _find_loops(links):
    """Return all who meet themselves on the way up; each is walked over once."""
    loops, seen = set(), set()
    for start in links:
        path, member = [], start
        while member in links and member not in seen:
            seen.add(member)
            path.append(member)
            member = links[member]
        if member in path:
            loops.update(path[path.index(member):])
    return loops
