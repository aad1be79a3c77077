"""What belongs to an organisation, and since when: units, facilities, shares, and what intensities are divided by."""
