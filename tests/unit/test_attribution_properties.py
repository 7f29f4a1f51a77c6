import json
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from distribution_attribution import (
    AGENTS,
    Agency,
    Buyer,
    Claim,
    Member,
    Policy,
    appoint,
    chain,
    decide,
    expiry,
    follow,
    from_evidence,
    identities,
    to_evidence,
)

NOW = datetime(2026, 6, 1, 12)
members = st.builds(
    Member, id=st.integers(1, 5), state=st.sampled_from(['active', 'active', 'suspended', 'closed']),
    level_id=st.none(), identities=st.frozensets(st.sampled_from(['partner:1', 'partner:2', 'phone:1']), max_size=2))
moments = st.datetimes(NOW - timedelta(days=60), NOW + timedelta(days=1))
chains = st.lists(members, min_size=1, max_size=4).map(tuple)
touches = st.lists(st.builds(
    Claim, source=st.sampled_from(['staff', 'code', 'scan', 'visit']), at=moments, uplines=chains,
    touch_id=st.integers(1, 10**6)), max_size=8, unique_by=lambda claim: claim.touch_id)
bindings = st.lists(st.builds(
    Claim, source=st.just('binding'), at=moments, uplines=chains, expires_at=st.none() | moments), max_size=1)
claims = st.tuples(touches, bindings).map(lambda both: both[0] + both[1])
buyers = st.builds(
    Buyer, st.frozensets(st.sampled_from(['partner:1', 'partner:3', 'phone:1']), max_size=2),
    st.none() | moments, st.none() | moments)
policies = st.builds(
    Policy, st.sampled_from(['last', 'first']), st.integers(1, 45),
    st.sampled_from(['none', 'first', 'last', 'new', 'expiring']), st.integers(1, 90), st.integers(0, 45),
    st.integers(0, 45))


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
    assert {reason for _claim, reason in decision.refused} <= {
        'inactive', 'expired', 'future', 'self', 'unbound', 'known'}
    assert len(decision.refused) + len(decision.lost) + bool(decision.claim) == len(claims)


@given(claims=claims, buyer=buyers, pinned=policies, later=policies)
def test_what_was_decided_can_be_replayed_from_its_evidence_under_any_policy(claims, buyer, pinned, later):
    decision = decide(claims, buyer, pinned, NOW)
    kept = json.loads(json.dumps(to_evidence(decision, buyer, pinned)))
    known_claims, known_buyer, known_policy = from_evidence(kept)
    assert known_policy == pinned
    assert to_evidence(decide(known_claims, known_buyer, pinned, NOW), known_buyer, pinned) == kept
    again, straight = decide(known_claims, known_buyer, later, NOW).claim, decide(claims, buyer, later, NOW).claim
    assert (again and (again.member.id, again.at)) == (straight and (straight.member.id, straight.at))


@given(claims=claims, buyer=buyers, policy=policies)
def test_a_binding_that_holds_gives_way_to_staff_only(claims, buyer, policy):
    won = decide(claims, buyer, policy, NOW).claim
    bound = next((claim for claim in claims if claim.source == 'binding'), None)
    if policy.binding_mode == 'none':
        assert won is None or won.source != 'binding'
    elif bound and bound.at <= NOW < bound.at + timedelta(days=policy.protection_days) and (
        bound.expires_at is None or NOW < bound.expires_at
    ) and bound.member.state == 'active' and bound.member.identities.isdisjoint(buyer.identities):
        assert won.source in ('binding', 'staff')


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


def _bound(distributor_id, at, expires_at=None, state='active'):
    return _visit(distributor_id, at, 'binding', state)._replace(expires_at=expires_at)


def test_whose_customer_it_is():
    anybody = Buyer(frozenset())
    year_ago, month_ago, yesterday = (NOW - timedelta(days=days) for days in (365, 30, 1))
    visit = _visit(2, yesterday)
    for case, claims, buyer, policy, expected in [
        ("no binding in force", [_bound(1, month_ago), visit], anybody, Policy(), 2),
        ("first keeps the customer", [_bound(1, year_ago), visit], anybody, Policy(binding_mode='first'), 1),
        ("without a touch too", [_bound(1, year_ago)], anybody, Policy(binding_mode='first'), 1),
        ("staff says otherwise", [_bound(1, year_ago), visit._replace(source='staff')], anybody,
         Policy(binding_mode='first'), 2),
        ("a typed code does not", [_bound(1, year_ago), visit._replace(source='code')], anybody,
         Policy(binding_mode='first'), 1),
        ("last wins the customer", [_bound(1, month_ago), visit], anybody, Policy(binding_mode='last'), 2),
        ("the binding fills in", [_bound(1, month_ago)], anybody, Policy(binding_mode='last'), 1),
        ("protected", [_bound(1, month_ago), visit], anybody, Policy(binding_mode='last', protection_days=31), 1),
        ("protected no longer", [_bound(1, month_ago), visit], anybody,
         Policy(binding_mode='last', protection_days=30), 2),
        ("expired", [_bound(1, year_ago, NOW), visit], anybody, Policy(binding_mode='expiring'), 2),
        ("not expired yet", [_bound(1, year_ago, NOW + timedelta(microseconds=1)), visit], anybody,
         Policy(binding_mode='expiring'), 1),
        ("has not bought for long", [_bound(1, year_ago), visit], Buyer(frozenset(), year_ago, month_ago),
         Policy(binding_mode='first', takeover_days=30), 2),
        ("has bought lately", [_bound(1, year_ago), visit], Buyer(frozenset(), year_ago, month_ago),
         Policy(binding_mode='first', takeover_days=31), 1),
        ("a suspended one loses the order", [_bound(1, month_ago, state='suspended'), visit], anybody,
         Policy(binding_mode='first'), 2),
        ("a known customer cannot be won", [visit], Buyer(frozenset(), month_ago, month_ago),
         Policy(binding_mode='new'), None),
        ("a new one can", [visit], anybody, Policy(binding_mode='new'), 2),
        ("one who was new at the touch can", [visit], Buyer(frozenset(), yesterday, yesterday),
         Policy(binding_mode='new'), 2),
    ]:
        claim = decide(claims, buyer, policy, NOW).claim
        assert (claim and claim.member.id) == expected, case


def test_what_an_order_makes_of_the_binding():
    first, expiring = Policy(binding_mode='first'), Policy(binding_mode='expiring', binding_days=10)
    for case, bound, won, policy, expected in [
        ("no bindings", None, _visit(1, NOW), Policy(), ''),
        ("nobody won", None, None, first, ''),
        ("staff speaks for the order only", None, _visit(1, NOW, 'staff'), first, ''),
        ("the first order", None, _visit(1, NOW), first, 'open'),
        ("the same distributor", _bound(1, NOW), _visit(1, NOW), first, ''),
        ("the same, for a time", _bound(1, NOW), _bound(1, NOW), expiring, 'renew'),
        ("another distributor", _bound(1, NOW), _visit(2, NOW), first, 'move'),
        ("from one who is suspended", _bound(1, NOW, state='suspended'), _visit(2, NOW), first, ''),
        ("from one who has left", _bound(1, NOW, state='closed'), _visit(2, NOW), first, 'move'),
    ]:
        assert follow(bound, won, policy) == expected, case
    assert expiry(NOW, first) is None
    assert expiry(NOW, expiring) == NOW + timedelta(days=10)


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


@given(agents=st.dictionaries(st.sampled_from(sorted(AGENTS)), members), buyer=buyers, random=st.randoms())
def test_agents_stand_behind_all_tiers_the_smaller_area_first(agents, buyer, random):
    agencies = [Agency(kind, 7, member) for kind, member in agents.items()]
    random.shuffle(agencies)
    appointed = appoint(agencies, buyer)
    assert [tier.tier for tier in appointed] == [
        AGENTS[kind] for kind in ('district', 'city', 'province') if kind in agents]
    assert all(tier.tier > 3 for tier in appointed)
    for tier in appointed:
        may_earn = tier.member.state == 'active' and tier.member.identities.isdisjoint(buyer.identities)
        assert (tier.refusal == '') == may_earn
