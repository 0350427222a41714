"""The one facade that screens and commands call."""
