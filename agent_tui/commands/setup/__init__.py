"""First run: finding servers, taking over accounts of other programs, and writing ``workspace.toml``."""
