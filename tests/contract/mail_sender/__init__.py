"""What every `MailSender` does."""
