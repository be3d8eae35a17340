#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `unpackctl check-pod` agrees with a second reading of the standard on hundreds
# of pods, in every version that changed something.
exec python3 "$TOP/test/psa_matrix.py"
