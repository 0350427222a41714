"""Measurements: ratios in one run, CPU per key through a pty."""
