"""Places, authorities, owners and rule profiles, as the law sees them."""
