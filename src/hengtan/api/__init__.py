"""The Python API: a table goes in, an inventory comes out, in memory. ``hengtan.calculate`` is its door."""
