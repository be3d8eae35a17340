# SPDX-License-Identifier: Apache-2.0
# Completion of unpackctl for fish: the program knows.
unpackctl completion fish | source
