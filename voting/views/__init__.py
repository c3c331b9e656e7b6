"""Pages of a vote: the owner's way through it, and what anybody may see."""
