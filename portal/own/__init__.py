"""What a person may know of the own data: what is kept, who saw it (PIPL 44-48)."""
