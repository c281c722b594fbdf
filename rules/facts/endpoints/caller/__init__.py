"""What a caller without an identity meets: code is followed as if such a caller had sent the request."""
