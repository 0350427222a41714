"""The process that talks to servers: pulls changes in, delivers the outbox."""
