"""The JSON that GitHub answers with and sends in webhooks, in full."""
