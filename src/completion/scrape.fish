# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for scrape

function __scrape_pids
	ps -o pid=,comm= -U (id -u) 2>/dev/null |
		string replace -r '^ *(\d+) +' '$1\t'
end

# Those of the last process that is named: a number which no option takes.
function __scrape_tids
	set -l last
	set -l pid
	for word in (commandline -opc)
		if not string match -qr '^(-[dnrt]|--(count|delay|duration|interval|iterations|rate|max-depth|max-pause|rows|tid|window))$' -- $last
			string match -qr '^(--pid=)?\d+$' -- $word
			and set pid (string replace -- --pid= '' $word)
		end
		set last $word
	end
	test -n "$pid"
	and ls /proc/$pid/task 2>/dev/null
end

# __scrape_in COMMAND: among its own words.
function __scrape_in
	set -l words (commandline -opc)
	test "$words[2]" = $argv[1]
	and not contains -- -- $words
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
complete -c scrape -n __fish_use_subcommand -a dump -d 'Print every thread\'s stack, and what it waits for'
complete -c scrape -n __fish_use_subcommand -a record -d 'Write a profile of a process or command to a file'
complete -c scrape -n __fish_use_subcommand -a top -d 'Show live where processes spend their CPU time'
complete -c scrape -n __fish_use_subcommand -l help -d 'Print the commands and exit'
complete -c scrape -n __fish_use_subcommand -l version -d 'Print the version and exit'

complete -c scrape -n '__scrape_in check' -a '(__scrape_pids)'
complete -c scrape -n '__scrape_in check' -s p -l pid -x -a '(__scrape_pids)' -d 'Check this process'
complete -c scrape -n '__scrape_in check' -l json -d 'Print one JSON object'
complete -c scrape -n '__scrape_in check' -l debug-path -x -a '(__fish_complete_directories)' -d 'Look for debug files there first'
complete -c scrape -n '__scrape_in check' -l debuginfod -d 'Ask debuginfod servers as well'
complete -c scrape -n '__scrape_in check' -l help -d 'Print the options and exit'
complete -c scrape -n '__scrape_in check' -l version -d 'Print the version and exit'

complete -c scrape -n '__scrape_in dump' -a '(__scrape_pids)'
complete -c scrape -n '__scrape_in dump' -s p -l pid -x -a '(__scrape_pids)' -d 'Dump this process'
complete -c scrape -n '__scrape_in dump' -l children -d 'And every process below it'
complete -c scrape -n '__scrape_in dump' -s t -l tid -x -a '(__scrape_tids)' -d 'Only this thread'
complete -c scrape -n '__scrape_in dump' -l thread -x -d 'Only threads whose name matches'
complete -c scrape -n '__scrape_in dump' -l from-snapshot -r -F -d 'Print the stacks in a file'
complete -c scrape -n '__scrape_in dump' -l freeze -d 'Stop all threads together'
complete -c scrape -n '__scrape_in dump' -s n -l count -x -d 'Dump several times'
complete -c scrape -n '__scrape_in dump' -l interval -x -a '100ms 1s 10s' -d 'From one dump to the next'
complete -c scrape -n '__scrape_in dump' -l max-depth -x -d 'Frames kept of a stack'
complete -c scrape -n '__scrape_in dump' -l json -d 'Print JSON'
complete -c scrape -n '__scrape_in dump' -l no-fold -d 'Show threads with the same stack one by one'
complete -c scrape -n '__scrape_in dump' -l color -x -a 'auto always never' -d 'When to use colours'
complete -c scrape -n '__scrape_in dump' -l save-snapshots -x -a '(__fish_complete_directories)' -d 'Also save registers and stacks in a directory'
complete -c scrape -n '__scrape_in dump' -l no-inline -d 'Do not list inlined calls'
complete -c scrape -n '__scrape_in dump' -l no-lines -d 'Do not read DWARF'
complete -c scrape -n '__scrape_in dump' -l debug-path -x -a '(__fish_complete_directories)' -d 'Look for debug files there first'
complete -c scrape -n '__scrape_in dump' -l debuginfod -d 'Ask debuginfod servers as well'
complete -c scrape -n '__scrape_in dump' -s q -l quiet -d 'Print errors only'
complete -c scrape -n '__scrape_in dump' -s v -l verbose -d 'Print addresses, paths and times held'
complete -c scrape -n '__scrape_in dump' -l help -d 'Print the options and exit'
complete -c scrape -n '__scrape_in dump' -l version -d 'Print the version and exit'

complete -c scrape -n '__scrape_in record' -a '(__scrape_pids)'
complete -c scrape -n __scrape_behind_dashes -a '(__scrape_command)'
complete -c scrape -n '__scrape_in record' -s p -l pid -x -a '(__scrape_pids)' -d 'Record this process'
complete -c scrape -n '__scrape_in record' -l children -d 'And every process below it'
complete -c scrape -n '__scrape_in record' -s t -l tid -x -a '(__scrape_tids)' -d 'Only this thread'
complete -c scrape -n '__scrape_in record' -l thread -x -d 'Only threads whose name matches'
complete -c scrape -n '__scrape_in record' -s d -l duration -x -a '10s 30s 1m' -d 'Stop after a time'
complete -c scrape -n '__scrape_in record' -s r -l rate -x -a '50 100 200 500 1000' -d 'Samples per second and thread'
complete -c scrape -n '__scrape_in record' -s m -l mode -x -a 'cpu wall' -d 'What is weighed'
complete -c scrape -n '__scrape_in record' -l no-stop -d 'Stop no thread'
complete -c scrape -n '__scrape_in record' -l kernel -d 'Where in the kernel sleepers sleep, too'
complete -c scrape -n '__scrape_in record' -l max-pause -x -a '0.1 0.5 1 2 5 100' -d 'Lower the rate rather than hold threads longer'
complete -c scrape -n '__scrape_in record' -l max-depth -x -d 'Frames kept of a stack'
complete -c scrape -n '__scrape_in record' -s o -l output -r -F -d 'Write to a file'
complete -c scrape -n '__scrape_in record' -s f -l format -x -a 'pprof folded' -d 'Format of the file'
complete -c scrape -n '__scrape_in record' -l labels -x -a 'none name thread' -d 'What tells samples apart'
complete -c scrape -n '__scrape_in record' -l stats -r -F -d 'Write counts as JSON'
complete -c scrape -n '__scrape_in record' -l save-snapshots -x -a '(__fish_complete_directories)' -d 'Also save registers and stacks in a directory'
complete -c scrape -n '__scrape_in record' -l no-inline -d 'Do not list inlined calls'
complete -c scrape -n '__scrape_in record' -l no-lines -d 'Do not read DWARF'
complete -c scrape -n '__scrape_in record' -l debug-path -x -a '(__fish_complete_directories)' -d 'Look for debug files there first'
complete -c scrape -n '__scrape_in record' -l debuginfod -d 'Ask debuginfod servers as well'
complete -c scrape -n '__scrape_in record' -s q -l quiet -d 'Print errors only'
complete -c scrape -n '__scrape_in record' -s v -l verbose -d 'Print more in the summary'
complete -c scrape -n '__scrape_in record' -l help -d 'Print the options and exit'
complete -c scrape -n '__scrape_in record' -l version -d 'Print the version and exit'

complete -c scrape -n '__scrape_in top' -a '(__scrape_pids)'
complete -c scrape -n '__scrape_in top' -s p -l pid -x -a '(__scrape_pids)' -d 'Watch this process'
complete -c scrape -n '__scrape_in top' -l children -d 'And every process below it'
complete -c scrape -n '__scrape_in top' -s t -l tid -x -a '(__scrape_tids)' -d 'Only this thread'
complete -c scrape -n '__scrape_in top' -l thread -x -d 'Only threads whose name matches'
complete -c scrape -n '__scrape_in top' -s r -l rate -x -a '50 100 200 500 1000' -d 'Samples per second and thread'
complete -c scrape -n '__scrape_in top' -s m -l mode -x -a 'cpu wall' -d 'What is weighed'
complete -c scrape -n '__scrape_in top' -l no-stop -d 'Stop no thread'
complete -c scrape -n '__scrape_in top' -l kernel -d 'Where in the kernel sleepers sleep, too'
complete -c scrape -n '__scrape_in top' -l max-pause -x -a '0.1 0.5 1 2 5 100' -d 'Lower the rate rather than hold threads longer'
complete -c scrape -n '__scrape_in top' -l max-depth -x -d 'Frames kept of a stack'
complete -c scrape -n '__scrape_in top' -l delay -x -a '100ms 1s 10s' -d 'From one refresh to the next'
complete -c scrape -n '__scrape_in top' -l window -x -a '5s 30s 1m all' -d 'Time that is shown'
complete -c scrape -n '__scrape_in top' -l view -x -a 'flat tree callers flame threads' -d 'How to begin'
complete -c scrape -n '__scrape_in top' -l sort -x -a 'self total name file object trend' -d 'By what to sort'
complete -c scrape -n '__scrape_in top' -l grain -x -a 'function line object address' -d 'What a row stands for'
complete -c scrape -n '__scrape_in top' -l color -x -a 'auto always never' -d 'When to use colours'
complete -c scrape -n '__scrape_in top' -s b -l batch -d 'Print tables'
complete -c scrape -n '__scrape_in top' -s n -l iterations -x -d 'End after so many'
complete -c scrape -n '__scrape_in top' -l rows -x -d 'Rows of a table'
complete -c scrape -n '__scrape_in top' -l json -d 'Print JSON'
complete -c scrape -n '__scrape_in top' -l no-inline -d 'Do not show inlined calls'
complete -c scrape -n '__scrape_in top' -l no-lines -d 'Do not read DWARF'
complete -c scrape -n '__scrape_in top' -l debug-path -x -a '(__fish_complete_directories)' -d 'Look for debug files there first'
complete -c scrape -n '__scrape_in top' -l debuginfod -d 'Ask debuginfod servers as well'
complete -c scrape -n '__scrape_in top' -l help-keys -d 'Print what keys do and exit'
complete -c scrape -n '__scrape_in top' -l help -d 'Print the options and exit'
complete -c scrape -n '__scrape_in top' -l version -d 'Print the version and exit'
