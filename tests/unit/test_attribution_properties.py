from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from distribution_attribution import Buyer, Claim, Member, Policy, chain, decide, identities

NOW = datetime(2026, 6, 1, 12)
members = st.builds(
    Member, id=st.integers(1, 5), state=st.sampled_from(['active', 'active', 'suspended', 'closed']),
    level_id=st.none(), identities=st.frozensets(st.sampled_from(['partner:1', 'partner:2', 'phone:1']), max_size=2))
claims = st.lists(st.builds(
    Claim, source=st.sampled_from(['staff', 'code', 'scan', 'visit']),
    at=st.datetimes(NOW - timedelta(days=60), NOW + timedelta(days=1)),
    uplines=st.lists(members, min_size=1, max_size=4).map(tuple), touch_id=st.integers(1, 10**6)),
    max_size=8, unique_by=lambda claim: claim.touch_id)
buyers = st.builds(Buyer, st.frozensets(st.sampled_from(['partner:1', 'partner:3', 'phone:1']), max_size=2))
policies = st.builds(Policy, st.sampled_from(['last', 'first']), st.integers(1, 45))


@given(claims=claims, buyer=buyers, policy=policies, random=st.randoms())
def test_the_order_of_arrival_does_not_matter(claims, buyer, policy, random):
    shuffled = [*claims]
    random.shuffle(shuffled)
    assert decide(claims, buyer, policy, NOW) == decide(shuffled, buyer, policy, NOW)


@given(claims=claims, buyer=buyers, policy=policies)
def test_the_owner_is_active_and_never_the_buyer(claims, buyer, policy):
    claim = decide(claims, buyer, policy, NOW).claim
    if claim:
        assert claim.member.state == 'active'
        assert claim.member.identities.isdisjoint(buyer.identities)


@given(claims=claims, buyer=buyers, policy=policies)
def test_every_claim_before_the_winner_is_refused_with_a_reason(claims, buyer, policy):
    decision = decide(claims, buyer, policy, NOW)
    assert all(reason in ('inactive', 'expired', 'future', 'self') for _claim, reason in decision.refused)
    assert len(decision.refused) <= len(claims)
    if decision.claim is None:
        assert len(decision.refused) == len(claims)


@given(claims=claims, buyer=buyers, depth=st.integers(1, 3))
def test_the_chain_is_never_deeper_than_allowed_and_keeps_its_places(claims, buyer, depth):
    for claim in claims:
        tiers = chain(claim, buyer, depth)
        assert [tier.tier for tier in tiers] == list(range(1, min(depth, len(claim.uplines)) + 1))
        assert all(bool(tier.refusal) == (
            tier.member.state != 'active' or bool(tier.member.identities & buyer.identities)) for tier in tiers)


def _visit(distributor_id, at, source='visit', state='active'):
    return Claim(source, at, (Member(distributor_id, state, None, frozenset({f'partner:{distributor_id}'})),))


def test_which_claim_wins():
    buyer = Buyer(frozenset({'partner:99'}))
    early, late = NOW - timedelta(days=2), NOW - timedelta(days=1)
    for case, claims, policy, expected in [
        ("nothing", [], Policy(), None),
        ("last touch", [_visit(1, early), _visit(2, late)], Policy('last'), 2),
        ("first touch", [_visit(1, early), _visit(2, late)], Policy('first'), 1),
        ("a typed code before a later visit", [_visit(1, early, 'code'), _visit(2, late)], Policy('last'), 1),
        ("staff before a typed code", [_visit(1, early, 'staff'), _visit(2, late, 'code')], Policy('last'), 1),
        ("a suspended one is passed over", [_visit(1, early), _visit(2, late, state='suspended')], Policy(), 1),
    ]:
        claim = decide(claims, buyer, policy, NOW).claim
        assert (claim and claim.member.id) == expected, case


def test_a_touch_counts_until_the_very_end_of_its_window():
    buyer = Buyer(frozenset())
    for age, wins in [
        (timedelta(days=30) - timedelta(microseconds=1), True),
        (timedelta(days=30), False),
        (timedelta(0), True),
        (timedelta(microseconds=-1), False),
    ]:
        claim = decide([_visit(1, NOW - age)], buyer, Policy('last', 30), NOW).claim
        assert bool(claim) == wins, age


def test_identities_are_compared_normalized():
    for one, other, same in [
        (('+86 138-0013-8000', None), ('13800138000', None), True),
        (('008613800138000', None), ('138 0013 8000', None), True),
        ((None, ' Li@Example.com'), (None, 'li@example.COM '), True),
        (('12', None), ('12', None), False),
        ((None, None), (None, None), False),
        (('13800138000', None), ('13800138001', None), False),
    ]:
        assert identities(phone=one[0], email=one[1]).isdisjoint(
            identities(phone=other[0], email=other[1])) != same, (one, other)
