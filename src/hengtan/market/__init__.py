"""What a company holds and owes on a carbon market.

``allocation``: how many allowances a rule book gives. Knows the equations of ``methods``; files are read above.
"""
