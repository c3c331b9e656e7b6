"""Owners' committees and property management committees."""
