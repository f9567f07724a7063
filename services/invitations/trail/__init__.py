"""The paper trail of a meeting: what is sent before it, and what is to be written once it has ended."""
