"""Imported messages, read-only."""
