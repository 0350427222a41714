"""The only place with wire formats: one package per kind of service."""
