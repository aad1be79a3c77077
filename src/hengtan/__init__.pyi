from hengtan.api import Inventory as Inventory
from hengtan.api import calculate as calculate
from hengtan.problems import HengtanError as HengtanError
from hengtan.problems import Problem as Problem

__version__: str
