"""Sessions, motions, ballots, counts and resolutions."""
