# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for scrape

_scrape_commands='check dump record top'
_scrape_options='--help --version'
_scrape_check_options='-p --pid --json --debug-path --debuginfod --help --version'
_scrape_dump_options='-p --pid --children -t --tid --thread --from-snapshot --freeze -n
	--count --interval --max-depth --json --no-fold --color --no-inline --no-lines
	--debug-path --debuginfod --save-snapshots -q --quiet -v --verbose --help
	--version'
_scrape_record_options='-p --pid --children -t --tid --thread -d --duration -r
	--rate -m --mode --no-stop --kernel --max-pause --max-depth -o --output -f --format --labels --stats --no-inline
	--no-lines --debug-path --debuginfod --save-snapshots -q --quiet -v
	--verbose --help --version'
_scrape_top_options='-p --pid --children -t --tid --thread -r --rate -m --mode
	--no-stop --kernel --max-pause --max-depth --delay --window --view --sort --grain --color -b --batch -n --iterations
	--rows --json --no-inline --no-lines --debug-path --debuginfod --help
	--help-keys --version'

# _scrape_words WORDS: those that begin with the word under the cursor.
_scrape_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_scrape_files() {
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_scrape_directories() {
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

# Own processes: "PID NAME" where they are only listed, PID where one is left.
_scrape_pids() {
	local pid comm

	COMPREPLY=()
	while read -r pid comm; do
		[[ $pid == "$cur"* ]] && COMPREPLY+=("$pid $comm")
	done < <(ps -o pid=,comm= -U "$UID" 2>/dev/null)
	((${#COMPREPLY[@]} == 1)) && COMPREPLY=("${COMPREPLY[0]%% *}")
}

# Those of the last process that is named: a number which no option takes.
_scrape_tids() {
	local i pid=

	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i - 1]} in
		-[dnrt] | --count | --duration | --interval | --rate) continue ;;
		--delay | --iterations | --max-depth | --max-pause | --rows | --tid | --window) continue ;;
		esac
		[[ ${COMP_WORDS[i]} =~ ^[0-9]+$ ]] && pid=${COMP_WORDS[i]}
	done
	[[ -n $pid ]] && _scrape_words "$(ls "/proc/$pid/task" 2>/dev/null)"
}

# Completes the value of option $1; fails where it takes none.
_scrape_value() {
	case $1 in
	-p | --pid) _scrape_pids ;;
	-t | --tid) _scrape_tids ;;
	-o | --output | --stats | --from-snapshot) _scrape_files ;;
	-f | --format) _scrape_words 'pprof folded' ;;
	--labels) _scrape_words 'none name thread' ;;
	-d | --duration) _scrape_words '10s 30s 1m' ;;
	-r | --rate) _scrape_words '50 100 200 500 1000' ;;
	-m | --mode) _scrape_words 'cpu wall' ;;
	--color) _scrape_words 'auto always never' ;;
	--delay | --interval) _scrape_words '100ms 1s 10s' ;;
	--max-pause) _scrape_words '0.1 0.5 1 2 5 100' ;;
	--window) _scrape_words '5s 30s 1m all' ;;
	--view) _scrape_words 'flat tree callers flame threads' ;;
	--sort) _scrape_words 'self total name file object trend' ;;
	--grain) _scrape_words 'function line object address' ;;
	--debug-path | --save-snapshots) _scrape_directories ;;
	--thread | --max-depth | -n | --count | --iterations | --rows) ;;
	*) return 1 ;;
	esac
	return 0
}

# The command line behind "--" is completed as its own command does it.
_scrape_behind_dashes() {
	local i

	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			elif ((i + 1 == COMP_CWORD)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$cur")
			else
				_scrape_files
			fi
			return 0
		fi
	done
	return 1
}

_scrape() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]} options

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_scrape_words "$_scrape_commands $_scrape_options"
		return
	fi
	options=_scrape_${COMP_WORDS[1]}_options
	[[ " $_scrape_commands " == *" ${COMP_WORDS[1]} "* ]] || return
	case ${COMP_WORDS[1]} in
	record | top) _scrape_behind_dashes && return ;;
	esac
	# "--labels=na" comes as three words.
	if [[ $cur == '=' ]]; then
		cur=
		_scrape_value "$prev"
	elif [[ $prev == '=' ]]; then
		_scrape_value "${COMP_WORDS[COMP_CWORD - 2]}"
	elif ! _scrape_value "$prev"; then
		if [[ $cur == -* ]]; then
			_scrape_words "${!options}"
		else
			_scrape_pids
		fi
	fi
}

complete -F _scrape scrape
