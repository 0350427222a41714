"""Replies that are right and replies that are not, put together from hand-written phrases; see ``make``."""
