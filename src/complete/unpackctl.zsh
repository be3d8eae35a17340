#compdef unpackctl kubectl-unpack
# SPDX-License-Identifier: Apache-2.0
# Completion of unpackctl for zsh, installed as _unpackctl: the program knows.
eval "$(unpackctl completion zsh)"
_unpackctl "$@"
