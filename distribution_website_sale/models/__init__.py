from . import distribution_link
