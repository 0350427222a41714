"""E-mail's wire format, both ways. Pure: bytes in, values out, and back."""

from agent_tui.sources.mime.compose import compose
from agent_tui.sources.mime.identity import identity
from agent_tui.sources.mime.parse import decode_part, message_key, parse, parse_headers, part_bytes, section

__all__ = ["compose", "decode_part", "identity", "message_key", "parse", "parse_headers", "part_bytes", "section"]
