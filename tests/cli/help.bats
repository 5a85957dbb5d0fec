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

# The options of a command, one a line, as each place has them.

COMMANDS='check record'

options_of_help() {
	"$SCRAPE" "$1" --help | awk '/^ +-/ {
		for (i = 1; i <= 2; i++)
			if (match($i, /^--?[a-z-]+/))
				print substr($i, 1, RLENGTH)
	}'
}

# Those of record are in the description, others have a section of their name.
options_of_man() {
	local section=${1^^}

	[ "$1" != record ] || section=DESCRIPTION
	awk -v section="$section" '
	/^\.Sh / { here = $2 == section }
	here && /^\.It Fl / {
		for (i = 1; i < NF; i++)
			if ($i == "Fl")
				print "-" $(i + 1)
	}' "$src/man/scrape.1"
}

options_of_bash() {
	# shellcheck disable=SC2016
	bash -c '. "$1" && list=_scrape_$2_options &&
		printf "%s\n" ${!list}' - "$src/completion/scrape.bash" "$1"
}

# 'EXCLUDES'{-s,--long=}'[TEXT]... and 'EXCLUDES--long=[TEXT]...
options_of_zsh() {
	sed -n "/^_scrape_$1()/,/^}/p" "$src/completion/_scrape" |
		sed -nE "s/^\t\t'(\([^)]*\))?([^[]*)\[.*/\2/p" |
		tr -d "'{}=" | tr ',' '\n'
}

options_of_fish() {
	awk -v command="$1" '$0 ~ " -n __scrape_in_" command " " {
		for (i = 1; i < NF; i++) {
			if ($i == "-s")
				print "-" $(i + 1)
			if ($i == "-l")
				print "--" $(i + 1)
		}
	}' "$src/completion/scrape.fish"
}

same_options() {
	local command

	for command in $COMMANDS; do
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

@test "scrape record --help goes to standard output" {
	run -0 --separate-stderr "$SCRAPE" record --help
	[ -z "$stderr" ]
	[[ $output == 'Usage: scrape record '* ]]
}

@test "--help wins over what else is wrong behind it" {
	run -0 "$SCRAPE" record --help -r 0
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
	run -0 "$SCRAPE" record --version
	[ "$output" = "$version" ]
}

@test "help that cannot be written is a failure" {
	for args in --help --version 'record --help' 'record --version'; do
		run -1 bash -c "'$SCRAPE' $args >/dev/full"
		[[ $output == *'No space left'* ]]
	done
}

@test "the options were found at all" {
	[ "$(options_of_help record | grep -c '^--')" -ge 15 ]
	[ "$(options_of_help record | grep -c '^-[a-z]$')" -ge 8 ]
	[ "$(options_of_help check | grep -c '^--')" -ge 4 ]
	for command in $COMMANDS; do
		[ -z "$(options_of_help "$command" | sort | uniq -d)" ]
	done
}

@test "man page and --help have the same options" {
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

@test "man page and completions name each command of --help" {
	run -0 "$SCRAPE" --help
	commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$output")
	[ "$(echo $commands)" = "$COMMANDS" ]
	for command in $commands; do
		grep -q "^\.Nm scrape Cm $command\$" "$src/man/scrape.1"
		grep -q "_scrape_commands='.*$command" \
			"$src/completion/scrape.bash"
		grep -q "'$command:" "$src/completion/_scrape"
		grep -q "__fish_use_subcommand -a $command " \
			"$src/completion/scrape.fish"
	done
}

@test "each format that is known is documented and completed" {
	run -2 "$SCRAPE" record -f none 1
	known=${lines[0]##*known are }
	for format in $known; do
		grep -q "^\.Cm $format" "$src/man/scrape.1"
		for file in scrape.bash _scrape scrape.fish; do
			grep -q "[ '(]${format}[ ')]" "$src/completion/$file"
		done
		"$SCRAPE" record --help | grep -q "$format"
	done
	run -2 "$SCRAPE" record -o x.none 1
	endings=${lines[0]##*endings are }
	for ending in ${endings%%, or*}; do
		grep -q "^\.Pa $ending\$" "$src/man/scrape.1" ||
			grep -q "^\.Pa $ending ,\$" "$src/man/scrape.1"
	done
}

# one_line FILE...: so that no phrase is torn in two.
one_line() {
	cat "$@" | tr -s ' \n' ' '
}

@test "man page and --help have the same bounds and defaults" {
	help=$("$SCRAPE" record --help | one_line)
	page=$(one_line "$src/man/scrape.1")
	depth=$(grep -oP 'of a stack, \K1 to [0-9]+ \(default: [0-9]+' <<<"$help")
	rate=$(grep -oP 'and thread \(default: \K[0-9]+' <<<"$help")
	[[ $page == *"${depth% (*}; the default is ${depth##* }."* ]]
	[[ $page == *"from 1 to 10000; the default is $rate."* ]]
	grep -q "frames, ${depth% (*}:" "$src/completion/_scrape"
	run -2 "$SCRAPE" record -d 50ms -r 10001 1
	[[ $output == *'from 1 to 10000 '* ]]
}

@test "man page is clean" {
	need mandoc
	# Which manuals are installed here says nothing about the page.
	run mandoc -T lint "$src/man/scrape.1"
	complaints=$(grep -v -e 'referenced manual not found' -e mandoc.db \
		<<<"$output" || true)
	echo "$complaints"
	[ -z "$complaints" ]
}

@test "man page has a row for each exit status that is ours" {
	for status in 0 1 2 3 4 5 125 126 127 130; do
		grep -q "^\.It $status\$" "$src/man/scrape.1"
	done
}

@test "bash completion works" {
	bash -n "$src/completion/scrape.bash"
	# shellcheck disable=SC2016
	run -0 bash -c '
		. "$1"
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
		complete_words scrape check --js
		complete_words scrape check $$
		' - "$src/completion/scrape.bash"
	[ "${lines[0]}" = record ]
	[ "${lines[1]}" = --labels ]
	[ "${lines[2]}" = thread ]
	[ "${lines[3]}" = name ]
	[[ ${lines[4]} =~ ^[0-9]+( bash)? ]]
	[[ ${lines[5]} =~ ^[0-9]+$ ]]
	[ "${lines[6]}" = --json ]
	[[ ${lines[7]} =~ ^[0-9]+ ]]
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
		' "$src/completion/scrape.fish"
	[[ ${lines[0]} == record* ]]
	[[ ${lines[1]} == --labels* ]]
	[[ ${lines[2]} == thread* ]]
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
	usage_error "unrecognized option '--frob'" check --frob
}

@test "an option without its value" {
	usage_error "option requires an argument -- 'p'" record -p
	usage_error "'--rate' requires an argument" record --rate
	usage_error "'--quiet' doesn't allow an argument" record --quiet=1
}

@test "no target, two targets" {
	usage_error 'nothing to record' record
	usage_error 'nothing to record' record --
	usage_error 'one process at a time: 1 or 2' record -p 1 -p 2
	usage_error 'one process at a time: 1 or 2' record 1 2
	usage_error "either PID 1 or the command 'true'" record -p 1 -- true
	usage_error "either PID 1 or the command '2'" record 1 -- 2
	usage_error 'one process at a time: 1 or 2' check -p 1 2
}

@test "options that exclude each other" {
	usage_error 'either -t or --thread' record -t 1 --thread x 1
	usage_error '-t 7' record -t 7 -- true
	usage_error 'either -q or -v' record -q -v 1
	usage_error "both write to '-'" record -o - --stats - 1
}
