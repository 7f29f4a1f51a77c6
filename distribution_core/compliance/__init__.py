"""Which rules a network or a plan fires; imports nothing of Odoo."""
from .claims import INCOME_CLAIMS, find_claims
from .network import (
    ALARM_DEPTH,
    ALARM_PARTICIPANTS,
    ALARM_PARTICIPANTS_SERIOUS,
    Figures,
    alarm_level,
    fires,
    measure,
)
from .plan import (
    ALLOWED_BASES,
    ALLOWED_ELIGIBILITY,
    ALLOWED_EVENTS,
    ALLOWED_RANK_INPUTS,
    PLAN_RULES,
    Bounds,
    Finding,
    Plan,
    fired_by_plan,
    judge_plan,
)
