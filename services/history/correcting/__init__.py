"""What people correct: one record at a time, revised or withdrawn with a reason, under the rules by which it is recorded.

A correction is the later statement, whoever stated the record before. What hung on the record follows it, and where something
that does not hang on it would be left without ground, the correction is refused and says what to correct first.
"""
