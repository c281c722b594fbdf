"""What object mappers and schema builders write: columns, types and constraints in Python, TypeScript and Ruby."""
