"""What a company holds and owes on a carbon market.

``allocation``: how many allowances a rule book gives. ``rules``: what may be surrendered, offset and traded, and what it costs not to.
``book``: allowances, credits and certificates in double entry. Knows the equations of ``methods``; files are read above.
"""
