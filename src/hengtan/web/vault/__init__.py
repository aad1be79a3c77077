"""The vault of each tenant: files kept by digest, a transparency log, and the outbox through which events reach it."""
