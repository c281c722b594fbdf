"""What GitHub publishes about its API, as facts, and the judging of requests and answers by them."""
