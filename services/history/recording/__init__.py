"""What people record by hand: each command judged against the rules, written, and followed through in one transaction."""
