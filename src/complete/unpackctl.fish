# SPDX-License-Identifier: Apache-2.0
# fish completion of unpackctl and kubectl-unpack
function __unpackctl_offers
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l before (string match -r -- '^--[^=]*=' "$word")
    set -l lines ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
    set -q lines[1]; or return
    switch $lines[-1]
        case :files
            __fish_complete_path "$word"
        case :dirs
            __fish_complete_directories "$word"
        case :namespaces
            kubectl get namespaces --request-timeout=3s -o name 2>/dev/null |
                string replace -- namespace/ "$before"
        case :contexts
            kubectl config get-contexts -o name 2>/dev/null |
                string replace -r -- '^' "$before"
        case '*'
            set -e lines[-1]
            for line in $lines
                echo "$before$line"
            end
    end
end
for program in unpackctl kubectl-unpack
    complete -c $program -f -a '(__unpackctl_offers)'
end
