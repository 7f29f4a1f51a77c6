"""Which rules a network fires; imports nothing of Odoo."""
from .network import (
    ALARM_DEPTH,
    ALARM_PARTICIPANTS,
    ALARM_PARTICIPANTS_SERIOUS,
    Figures,
    alarm_level,
    fires,
    measure,
)
