# SPDX-License-Identifier: Apache-2.0
# Completion of unpackctl for fish. The program's own --help says what there
# is, so that this file knows few options.

function __unpackctl_commands
    unpackctl --help 2>/dev/null |
        string replace -rf '^  ([a-z-]+) +(.*)$' '$1\t$2'
end

function __unpackctl_options
    set -l words (commandline -opc)
    unpackctl $words[2] --help 2>/dev/null |
        string match -ar -- '(?<=^|[ ,])--?[a-z][a-z-]*' | sort -u
end

function __unpackctl_after
    set -l words (commandline -opc)
    contains -- $words[-1] $argv
end

for program in unpackctl kubectl-unpack
    complete -c $program -n __fish_use_subcommand -f -a '(__unpackctl_commands)'
    complete -c $program -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' \
        -f -a '(__unpackctl_options)'
    complete -c $program -n '__unpackctl_after --format' -f -a 'json jsonl'
    complete -c $program -n '__unpackctl_after --strategy' -f -a 'inject image-volume'
    complete -c $program -n '__unpackctl_after --symlinks' -f -a 'keep skip'
    complete -c $program -n '__unpackctl_after --compat' -f -a rukpak
    complete -c $program -n '__unpackctl_after --level' -f -a 'restricted baseline privileged'
    complete -c $program -n '__unpackctl_after --run-as-user' -f -a namespace
    complete -c $program -n '__unpackctl_after -o --output' -f -a 'json text yaml'
    complete -c $program -n '__unpackctl_after -n --namespace' -f \
        -a '(kubectl get namespaces --request-timeout=3s -o name 2>/dev/null | string replace namespace/ "")'
    complete -c $program -n '__unpackctl_after --context' -f \
        -a '(kubectl config get-contexts -o name 2>/dev/null)'
end
