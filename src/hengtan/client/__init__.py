"""A client of the web application's API: rows in, numbers and their proofs out, from a notebook or an ERP export.

Needs the extra ``[client]``. Knows nothing of the application but its API, so it may be newer or older than the server.
"""

from .client import ApiError, Client
from .webhook import NotOurs, heard

__all__ = ["ApiError", "Client", "NotOurs", "heard"]
