from . import distribution_event
