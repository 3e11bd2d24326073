# SPDX-License-Identifier: BSL-1.0
"""What targets.py is made of: the rows, how a sample of each is taken, what follows from the samples."""
