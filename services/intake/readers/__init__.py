"""What each file says, row by row: pure streams from bytes to rows, never a whole file in memory, never a guess."""
