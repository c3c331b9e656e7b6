"""The least that what lets somebody check single ballots is kept, whatever a profile says."""

# One year to go to court (Supreme Court on owners' disputes, art. 12); Hunan asks three
# years of an electronic vote's material, the longest local rule we found. The database's
# triggers hold to it too (logbook, voting: migrations).
LEAST_YEARS = 3
