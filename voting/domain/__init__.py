"""What the law says about owners' votes: no Django, no clock, no database."""
