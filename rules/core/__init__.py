"""The engine: snapshots, facts, rules, findings, evaluation and repair. Nothing here does I/O."""
