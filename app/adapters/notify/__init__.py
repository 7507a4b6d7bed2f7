"""Asks the service outside to call telephones, and to send them text messages."""
