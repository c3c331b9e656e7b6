"""Acts on stored papers: hanging them, linking their stamped copies, keeping the seals."""
