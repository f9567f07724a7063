"""The sample authority: files of an invented council, with the volumes of a real unit's annual report."""

from deploy.sample.summary import SampleSummary
from deploy.sample.writing import SEED, write_returns, write_sample

__all__ = ["SEED", "SampleSummary", "write_returns", "write_sample"]
