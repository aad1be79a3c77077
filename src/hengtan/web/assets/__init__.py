"""Carbon assets of a tenant: the pages of its book of allowances, credits and certificates.

The book itself, its rules and its arithmetic are ``hengtan.market.book``; this app hands it the tenant, the person and the transaction,
and writes the ledger entry of each posting beside it.
"""
