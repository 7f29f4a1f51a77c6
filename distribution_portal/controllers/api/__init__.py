from . import dispatcher      # The type of the routes: before them.
from . import session
from . import application
from . import me
from . import link
from . import commission
from . import statement
from . import withdrawal
from . import account
from . import dispute
from . import tax
from . import message
from . import ranking
