from . import distribution_link_report
