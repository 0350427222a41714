"""Parsers of what strangers write, given what no honest program writes."""
