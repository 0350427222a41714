"""The reference source: three services whose servers are one file."""
