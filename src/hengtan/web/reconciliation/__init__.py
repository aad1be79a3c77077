"""Three views of one set of activities: the carbon market's, the sector guideline's, the inventory's.

A reconciliation lines them up source by source, explains what differs, keeps what people say of the rest, and is signed by a second
person. An approved statement is handed to the inventory as activities that name its cells, so that nothing is typed twice.
"""
