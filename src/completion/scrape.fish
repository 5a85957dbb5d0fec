# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for scrape

function __scrape_pids
	ps -o pid=,comm= -U (id -u) 2>/dev/null |
		string replace -r '^ *(\d+) +' '$1\t'
end

function __scrape_tids
	set -l pid (commandline -opc | string match -r '^\d+$')
	and ls /proc/$pid[-1]/task 2>/dev/null
end

function __scrape_in_record
	__fish_seen_subcommand_from record
	and not contains -- -- (commandline -opc)
end

function __scrape_in_check
	__fish_seen_subcommand_from check
end

function __scrape_behind_dashes
	contains -- -- (commandline -opc)
end

# As the command behind the dashes completes itself.
function __scrape_command
	set -l words (commandline -opc)
	set -l dashes (contains -i -- -- $words)
	set -e words[1..$dashes]
	complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c scrape -f
complete -c scrape -n __fish_use_subcommand -a check -d 'Find out whether a process can be read, and how well'
complete -c scrape -n __fish_use_subcommand -a record -d 'Write a profile of a process or command to a file'
complete -c scrape -n __fish_use_subcommand -l help -d 'Print the commands and exit'
complete -c scrape -n __fish_use_subcommand -l version -d 'Print the version and exit'

complete -c scrape -n __scrape_in_record -a '(__scrape_pids)'
complete -c scrape -n __scrape_behind_dashes -a '(__scrape_command)'
complete -c scrape -n __scrape_in_record -s p -l pid -x -a '(__scrape_pids)' -d 'Record this process'
complete -c scrape -n __scrape_in_record -s t -l tid -x -a '(__scrape_tids)' -d 'Only this thread'
complete -c scrape -n __scrape_in_record -l thread -x -d 'Only threads whose name matches'
complete -c scrape -n __scrape_in_record -s d -l duration -x -a '10s 30s 1m' -d 'Stop after a time'
complete -c scrape -n __scrape_in_record -s r -l rate -x -a '50 100 200 500 1000' -d 'Samples per second and thread'
complete -c scrape -n __scrape_in_record -l max-depth -x -d 'Frames kept of a stack'
complete -c scrape -n __scrape_in_record -s o -l output -r -F -d 'Write to a file'
complete -c scrape -n __scrape_in_record -s f -l format -x -a 'pprof folded' -d 'Format of the file'
complete -c scrape -n __scrape_in_record -l labels -x -a 'none name thread' -d 'What tells samples apart'
complete -c scrape -n __scrape_in_record -l stats -r -F -d 'Write counts as JSON'
complete -c scrape -n __scrape_in_record -l no-inline -d 'Do not list inlined calls'
complete -c scrape -n __scrape_in_record -l no-lines -d 'Do not read DWARF'
complete -c scrape -n __scrape_in_record -s q -l quiet -d 'Print errors only'
complete -c scrape -n __scrape_in_record -s v -l verbose -d 'Print more in the summary'
complete -c scrape -n __scrape_in_record -l help -d 'Print the options and exit'
complete -c scrape -n __scrape_in_record -l version -d 'Print the version and exit'

complete -c scrape -n __scrape_in_check -a '(__scrape_pids)'
complete -c scrape -n __scrape_in_check -s p -l pid -x -a '(__scrape_pids)' -d 'Check this process'
complete -c scrape -n __scrape_in_check -l json -d 'Print one JSON object'
complete -c scrape -n __scrape_in_check -l help -d 'Print the options and exit'
complete -c scrape -n __scrape_in_check -l version -d 'Print the version and exit'
