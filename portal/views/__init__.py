"""Pages that combine apps."""
