"""Webhooks: other systems are told what happened, signed, as often as it takes."""
