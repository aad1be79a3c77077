"""What the company says to others: reports that are issued, signed and never change, the base year and its restatements."""
