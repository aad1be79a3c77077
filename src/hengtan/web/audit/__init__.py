"""The audit room: engagements, samples, differences, questions, history of every record, verification and its package."""
