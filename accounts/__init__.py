"""Who may do what, where; messages to people; long-running jobs."""
