"""Commands on people, roles and messages."""
