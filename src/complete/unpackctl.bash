# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of unpackctl for bash: the program knows.
# shellcheck source=/dev/null
source <(unpackctl completion bash)
