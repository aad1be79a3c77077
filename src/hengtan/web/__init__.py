"""The web application: the inventory and its evidence in the hands of people. The only place that knows Django.

    $ hengtan serve

One Django app per domain: ``shell`` (what every page shares), ``accounts`` (people), ``organisations`` (tenants, roles,
invitations), ``boundaries`` (units and facilities through time), ``jobs`` (long work), ``activities`` (batches of
activity data), ``vault`` (files, ledger and
outbox of each tenant). They store and show; arithmetic lives in the packages below.

>>> from hengtan.web import Configuration
>>> Configuration.read({"HENGTAN_PUBLIC_URL": "https://carbon.example.com"}).hosts()[0]
'carbon.example.com'
"""

from .configuration import Configuration, MisconfiguredError

__all__ = ["Configuration", "MisconfiguredError"]
