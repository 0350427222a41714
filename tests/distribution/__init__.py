"""What is shipped: builds, packages, completions, manual, unit and desktop entry."""
