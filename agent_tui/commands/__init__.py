"""One module per family of commands: each reads arguments, calls the desk or the engine, prints."""
