"""Statements by Chinese sector guidelines: typed or imported by month, calculated at once, approved by a second person.

``services`` is the door; arithmetic is in ``hengtan.sectors``. The pages of rules show guidelines and allocation plans with every source
and mark.
"""
