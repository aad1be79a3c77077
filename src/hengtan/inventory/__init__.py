"""The inventory: from checked activities to emissions that add up, explain themselves and can be computed again."""
