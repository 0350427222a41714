"""What the workspace knows: canned replies, policies, people."""
