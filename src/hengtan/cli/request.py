"""What a person asked for on the command line; the request itself lives in ``hengtan.api``."""

from hengtan.api.request import Request, day, period

__all__ = ["Request", "day", "period"]
