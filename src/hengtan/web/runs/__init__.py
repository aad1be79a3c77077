"""Calculated inventories: runs that never change, what they say, and the way from each number to its evidence."""
