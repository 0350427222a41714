"""One suite that every source must pass, and the rigs that put it on their servers."""
