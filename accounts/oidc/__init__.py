"""Single sign-on at one OpenID Connect provider (decisions/0121)."""
