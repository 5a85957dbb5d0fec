#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# help.bats - what scrape says about itself agrees everywhere
#
# Needs SCRAPE, the program to test; no process is touched.

bats_require_minimum_version 1.5.0

: "${SCRAPE:?is the program to test}"

src=$BATS_TEST_DIRNAME/../../src

need() {
	command -v "$1" >/dev/null || skip "no $1"
}

# The commands, one a line, as scrape lists them: what is here is checked for
# each, so that a new one cannot go without page and completions.
commands() {
	"$SCRAPE" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The options of a command, one a line, as each place has them. Without one,
# those of scrape itself.

options_of_help() {
	# shellcheck disable=SC2086 # none is no argument
	"$SCRAPE" $1 --help | awk '/^ +-/ {
		for (i = 1; i <= 2; i++)
			if (match($i, /^--?[a-z-]+/))
				print substr($i, 1, RLENGTH)
	}'
}

options_of_man() {
	awk '/^\.It Fl / {
		for (i = 1; i < NF; i++)
			if ($i == "Fl")
				print "-" $(i + 1)
	}' "$src/man/scrape${1:+-$1}.1"
}

options_of_bash() {
	# shellcheck disable=SC2016
	bash -c '. "$1" && list=_scrape${2:+_$2}_options &&
		printf "%s\n" ${!list}' - "$src/completion/scrape.bash" "$1"
}

# 'EXCLUDES'{-s,--long=}'[TEXT]... and 'EXCLUDES--long=[TEXT]...
options_of_zsh() {
	sed -n "/^_scrape${1:+_$1}()/,/^}/p" "$src/completion/_scrape" |
		sed -nE "s/^\t\t'([*]|\([^)]*\))?([^[]*)\[.*/\2/p" |
		tr -d "'{}=" | tr ',' '\n'
}

options_of_fish() {
	local condition=${1:+"'__scrape_in $1'"}

	grep -F -- " -n ${condition:-__fish_use_subcommand} " \
		"$src/completion/scrape.fish" | awk '{
		for (i = 1; i < NF; i++) {
			if ($i == "-s")
				print "-" $(i + 1)
			if ($i == "-l")
				print "--" $(i + 1)
		}
	}'
}

# same_options PLACE: as --help has them, for each command.
same_options() {
	local command

	for command in '' $(commands); do
		echo "of scrape $command:"
		diff <(options_of_help "$command" | sort) \
			<("options_of_$1" "$command" | sort)
	done
}

@test "scrape --help goes to standard output" {
	run -0 --separate-stderr "$SCRAPE" --help
	[ -z "$stderr" ]
	[[ $output == 'Usage: scrape COMMAND'* ]]
	[[ $output == *'  record '* ]]
}

@test "the help of each command goes to standard output" {
	[ -n "$(commands)" ]
	for command in $(commands); do
		run -0 --separate-stderr "$SCRAPE" "$command" --help
		[ -z "$stderr" ]
		[[ $output == "Usage: scrape $command "* ]]
	done
}

@test "--help wins over what else is wrong behind it" {
	run -0 "$SCRAPE" record --help -r 0
	run -0 "$SCRAPE" dump --help -n 0
}

@test "--version names version, licence and libraries" {
	run -0 --separate-stderr "$SCRAPE" --version
	[ -z "$stderr" ]
	[[ ${lines[0]} =~ ^scrape\ [0-9]+\.[0-9]+ ]]
	[[ $output == *GPLv3+* ]]
	for library in elfutils zlib protobuf-c jansson; do
		[[ $output =~ $library\ [0-9]+\.[0-9]+ ]]
	done
	version=$output
	for command in $(commands); do
		run -0 "$SCRAPE" "$command" --version
		[ "$output" = "$version" ]
	done
}

@test "help that cannot be written is a failure" {
	for command in '' $(commands); do
		for option in --help --version; do
			run -1 bash -c "'$SCRAPE' $command $option >/dev/full"
			[[ $output == *'No space left'* ]]
		done
	done
}

@test "the options were found at all" {
	[ "$(options_of_help record | grep -c '^--')" -ge 15 ]
	[ "$(options_of_help record | grep -c '^-[a-z]$')" -ge 8 ]
	[ "$(options_of_help '' | grep -c '^--')" -eq 2 ]
	for command in $(commands); do
		options_of_help "$command" | grep -q '^--help$'
		[ -z "$(options_of_help "$command" | sort | uniq -d)" ]
	done
}

@test "man pages and --help have the same options" {
	same_options man
}

@test "bash completion and --help have the same options" {
	same_options bash
}

@test "zsh completion and --help have the same options" {
	same_options zsh
}

@test "fish completion and --help have the same options" {
	same_options fish
}

@test "the man page and completions name each command of --help" {
	for command in $(commands); do
		grep -q "^\.Nm scrape Cm $command\$" "$src/man/scrape.1"
		grep -q "^\.Xr scrape-$command 1 " "$src/man/scrape.1"
		grep -q "^_scrape_commands='\(.* \)*${command}[ ']" \
			"$src/completion/scrape.bash"
		grep -q "['\"]$command:" "$src/completion/_scrape"
		grep -q "__fish_use_subcommand -a $command " \
			"$src/completion/scrape.fish"
	done
}

@test "the page of a command has its name, and its summary from --help" {
	for command in $(commands); do
		page=$src/man/scrape-$command.1
		grep -qi "^\.Dt scrape-$command 1\$" "$page"
		grep -q "^\.Nm scrape-$command\$" "$page"
		grep -q "^\.Nm scrape Cm $command\$" "$page"
		summary=$("$SCRAPE" --help | sed -n "s/^  $command  *//p")
		[ -n "$summary" ]
		grep -qxF ".Nd $summary" "$page"
	done
}

@test "each format that is known is documented and completed" {
	run -2 "$SCRAPE" record -f none 1
	known=${lines[0]##*known are }
	for format in $known; do
		grep -q "^\.Cm $format" "$src/man/scrape-record.1"
		for file in scrape.bash _scrape scrape.fish; do
			grep -q "[ '(]${format}[ ')]" "$src/completion/$file"
		done
		"$SCRAPE" record --help | grep -q "$format"
	done
	run -2 "$SCRAPE" record -o x.none 1
	endings=${lines[0]##*endings are }
	for ending in ${endings%%, or*}; do
		grep -q "^\.Pa $ending\$" "$src/man/scrape-record.1" ||
			grep -q "^\.Pa $ending ,\$" "$src/man/scrape-record.1"
	done
}

# one_line FILE...: so that no phrase is torn in two.
one_line() {
	cat "$@" | tr -s ' \n' ' '
}

@test "man pages and --help have the same bounds and defaults" {
	for command in record dump top; do
		help=$("$SCRAPE" "$command" --help | one_line)
		page=$(one_line "$src/man/scrape-$command.1")
		depth=$(grep -oP 'of a stack, to \K[0-9]+ \(default: [0-9]+' \
			<<<"$help")
		[[ $page == *"1 to ${depth% (*}; the default is ${depth##* }."* ]]
	done
	grep -q "frames, 1 to ${depth% (*}:" "$src/completion/_scrape"
	for command in record top; do
		help=$("$SCRAPE" "$command" --help | one_line)
		page=$(one_line "$src/man/scrape-$command.1")
		rate=$(grep -oP 'and thread \(default: \K[0-9]+' <<<"$help")
		[[ $page == *"from 1 to 10000; the default is $rate."* ]]
	done
	run -2 "$SCRAPE" record -d 50ms -r 10001 1
	[[ $output == *'from 1 to 10000 '* ]]
}

# each_value COMMAND OPTION: what it takes, as the error about another tells.
each_value() {
	run -2 "$SCRAPE" "$1" "$2" none 1
	local values=${lines[0]##*is not }

	tr -d , <<<"${values##*: }" | sed 's/ or / /'
}

@test "each value of an option is documented and completed" {
	while read -r command option; do
		known=$(each_value "$command" "$option")
		[ "$(wc -w <<<"$known")" -ge 3 ]
		for value in $known; do
			echo "$command $option $value"
			grep -q "^\.Cm $value\>" "$src/man/scrape-$command.1"
			for file in scrape.bash _scrape scrape.fish; do
				grep -q "[ '(]${value}[ ')]" \
					"$src/completion/$file"
			done
		done
	done <<-END
		dump --color
		top --color
		top --view
		top --sort
		top --grain
	END
}

@test "man pages are clean" {
	need mandoc
	# Which manuals are installed here says nothing about the page.
	run mandoc -T lint "$src"/man/*.1
	complaints=$(grep -v -e 'referenced manual not found' -e mandoc.db \
		<<<"$output" || true)
	echo "$complaints"
	[ -z "$complaints" ]
}

# PAGE and SECTION of each reference in a page: ".Sx SECTION", of the page
# itself if not "in" and ".Xr PAGE 1" follow.
references() {
	awk -v self="$(basename "$1" .1)" '
		/(^\.| )Sx / {
			sub(/^.*Sx /, "")
			sub(/ [.,;:]$/, "")
			section = $0
			page = self
			getline
			if ($0 == "in") {
				getline
				page = $2
			}
			print page, section
		}
		/^\.Xr scrape/ { print $2 }' "$1"
}

@test "man pages refer to sections and pages that are there" {
	for page in "$src"/man/*.1; do
		[ -n "$(references "$page")" ]
		while read -r to section; do
			echo "$page: $to $section"
			grep -q "^\.S[sh] ${section:-NAME}\$" "$src/man/$to.1"
		done < <(references "$page")
	done
}

@test "there is a row for each exit status that is ours" {
	for status in 0 1 2 3 4 5; do
		grep -q "^\.It $status\$" "$src/man/scrape.1"
	done
	for status in 125 126 127 130; do
		grep -q "^\.It $status\$" "$src/man/scrape-record.1"
	done
}

@test "each reason for the end of a stack is explained" {
	reasons=$(sed -n 's/^ *\[END_[A-Z_]*\] = "\(.*\)",$/\1/p' \
		"$src/core/end_reason.c" | grep -vx root)
	[ "$(wc -w <<<"$reasons")" -ge 6 ]
	for reason in $reasons; do
		grep -q "^\.It Li $reason\$" "$src/man/scrape.1"
	done
}

@test "bash completion works" {
	bash -n "$src/completion/scrape.bash"
	# shellcheck disable=SC2016
	run -0 bash -c '
		. "$1"
		compopt() { :; } # works within a completion only
		complete_words() {
			COMP_WORDS=("$@")
			COMP_CWORD=$(($# - 1))
			_scrape
			echo "${COMPREPLY[*]}"
		}
		complete_words scrape rec
		complete_words scrape record --lab
		complete_words scrape record --labels t
		complete_words scrape record --labels = na
		complete_words scrape record -p $$
		complete_words scrape record $$ -t $$
		complete_words scrape du
		complete_words scrape dump --deb
		complete_words scrape dump --color = al
		complete_words scrape dump --debug-path /us
		complete_words scrape dump --free
		complete_words scrape dump $$ -n 1 -t ""
		complete_words scrape dump 1 $$
		complete_words scrape check --js
		complete_words scrape top --gr
		complete_words scrape top --view fl
		complete_words scrape top $$ --delay 1 -t ""
		complete_words scrape nothing -
		' - "$src/completion/scrape.bash"
	[ "${lines[0]}" = record ]
	[ "${lines[1]}" = --labels ]
	[ "${lines[2]}" = thread ]
	[ "${lines[3]}" = name ]
	[[ ${lines[4]} =~ ^[0-9]+( bash)? ]]
	[[ ${lines[5]} =~ ^[0-9]+$ ]]
	[ "${lines[6]}" = dump ]
	[ "${lines[7]}" = '--debug-path --debuginfod' ]
	[ "${lines[8]}" = always ]
	[ "${lines[9]}" = /usr ]
	[ "${lines[10]}" = --freeze ]
	[ "${lines[11]}" = "${lines[5]}" ]
	[ "${lines[12]}" = "${lines[5]}" ]
	[ "${lines[13]}" = --json ]
	[ "${lines[14]}" = --grain ]
	[ "${lines[15]}" = 'flat flame' ]
	[ "${lines[16]}" = "${lines[5]}" ]
	[ "${#lines[@]}" = 17 ]
}

@test "zsh completion is zsh" {
	need zsh
	zsh -n "$src/completion/_scrape"
}

@test "fish completion works" {
	need fish
	# shellcheck disable=SC2016
	run -0 fish --no-config -c '
		source $argv[1]
		complete -C "scrape rec"
		complete -C "scrape record --lab"
		complete -C "scrape record --labels t"
		complete -C "scrape du"
		complete -C "scrape check --js"
		complete -C "scrape dump --free"
		complete -C "scrape dump --color al"
		complete -C "scrape dump --debug-path /us"
		complete -C "scrape top --gr"
		complete -C "scrape top --sort tr"
		complete -C "scrape dump $fish_pid -n 1 -t "
		' "$src/completion/scrape.fish"
	[[ ${lines[0]} == record* ]]
	[[ ${lines[1]} == --labels* ]]
	[[ ${lines[2]} == thread* ]]
	[[ ${lines[3]} == dump* ]]
	[[ ${lines[4]} == --json* ]]
	[[ ${lines[5]} == --freeze* ]]
	[[ ${lines[6]} == always* ]]
	[[ ${lines[7]} == /usr/* ]]
	[[ ${lines[8]} == --grain* ]]
	[[ ${lines[9]} == trend* ]]
	[[ ${lines[10]} =~ ^[0-9]+ ]]
}

# usage_error TEXT ARG...: one line with TEXT, the advice, and nothing else.
usage_error() {
	local text=$1

	shift
	run -2 --separate-stderr "$SCRAPE" "$@"
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 2 ]
	[[ ${stderr_lines[1]} == "Try 'scrape"*" --help'." ]]
}

@test "no command" {
	usage_error 'no command'
}

@test "an unknown command, and the one that was meant" {
	usage_error "unknown command 'frobnicate'" frobnicate
	for slip in recrod rcord records Record; do
		run -2 "$SCRAPE" "$slip" 42
		[[ $output == *"unknown command '$slip'"*'try: scrape record'* ]]
	done
}

@test "unknown options" {
	usage_error "unknown option '--frob'" --frob
	usage_error "unrecognized option '--frob'" record --frob
	usage_error "invalid option -- 'Z'" record -Z
	usage_error "'--no' is ambiguous" record --no 42
}

@test "an option without its value" {
	usage_error "option requires an argument -- 'p'" record -p
	usage_error "'--window' requires an argument" top --window
	usage_error "'--rate' requires an argument" record --rate
	usage_error "'--quiet' doesn't allow an argument" record --quiet=1
}

@test "no target, two targets" {
	usage_error 'nothing to record' record
	usage_error 'nothing to record' record --
	usage_error '-t 3 is a thread of one process' record -t 3 -p 1 -p 2
	usage_error '-t 3 is a thread of one process' record -t 3 --children 1
	usage_error '--save-snapshots is of one process' \
	    record --save-snapshots /tmp -p 1 -p 2
	usage_error "either PID 1 or the command 'true'" record -p 1 -- true
	usage_error "either PID 1 or the command '2'" record 1 -- 2
}

@test "top: no target, or a command and a process" {
	usage_error 'nothing to' top
	usage_error 'nothing to' top --
	usage_error "either PID 1 or the command 'true'" top -p 1 -- true
}

@test "top: values that make no sense" {
	usage_error "'soon' is not" top --window soon 1
	usage_error "'0' is not" top --delay 0 1
	usage_error "'0' is not" top -n 0 1
	usage_error "'10001' is not a rate" top -r 10001 1
	usage_error "'(' is not a regular expression" top --thread '(' 1
}

@test "options that exclude each other" {
	usage_error 'either -t or --thread' top -t 1 --thread x 1
	usage_error 'either -t or --thread' record -t 1 --thread x 1
	usage_error '-t 7' record -t 7 -- true
	usage_error 'either -q or -v' record -q -v 1
	usage_error "both write to '-'" record -o - --stats - 1
}
