"""An IMAP mailbox with SMTP for sending."""
