"""Pages that combine apps; the demo."""
