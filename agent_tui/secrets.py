"""Secrets: environment, command, keyring. Engine and commands only."""
