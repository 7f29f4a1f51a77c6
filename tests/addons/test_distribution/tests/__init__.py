from . import test_architecture
from . import test_concurrency
from . import test_ladder_concurrency
from . import test_extension_points
from . import test_link_concurrency
from . import test_print
from . import test_privacy_log
from . import test_state_machine
