# SPDX-License-Identifier: GPL-3.0-or-later
# floors.awk - which folder under src/ may include what
#
# usage: awk -f floors.awk FILE...      paths with .../src/FOLDER/... in them
#
# Prints a line for each include that breaks the rule; the status tells too.
# Data flows one way, includes the other: the table is in src/DESIGN.

BEGIN {
	# A folder may include itself and these.
	may["base"]    = ""
	may["core"]    = "base"
	may["target"]  = "core base"
	may["object"]  = "core base"
	may["profile"] = "core base"
	may["unwind"]  = "object core base"
	may["runtime"] = "object core base"
	may["symbol"]  = "runtime object core base"
	may["output"]  = "profile core base"
	may["tui"]     = "profile core base"
	may["session"] = "symbol runtime unwind target object profile core base"
	may["cli"]     = "tui output session symbol runtime unwind target " \
			 "object profile core base"

	# What only one folder, or few, know of, by how the header's name
	# begins.
	only["libelf.h"]      = "object"
	only["gelf.h"]        = "object"
	only["dwarf.h"]       = "object"
	only["elfutils/"]     = "object"
	only["libiberty/"]    = "object"
	only["libdeflate.h"]  = "object"
	only["lzma.h"]        = "object"
	only["sys/ptrace.h"]  = "target"
	only["linux/ptrace.h"] = "target"
	only["sys/uio.h"]     = "target"
	only["curses.h"]      = "tui"
	only["ncurses"]       = "tui"
	only["panel.h"]       = "tui"
	only["zlib.h"]        = "object output"
	only["jansson.h"]     = "output"
	only["protobuf-c/"]   = "output"
	only["argp.h"]        = "cli"
}

function complain(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text
	bad = 1
}

# .../src/unwind/arch.h -> unwind; the last src/ counts
function folder_of(path)
{
	sub(/^.*src\//, "", path)
	sub(/\/.*/, "", path)
	return path
}

function check_ours(from, header,    to)
{
	if (header == "config.h")
		return
	if (header !~ /^[a-z_]+\//) {
		complain("\"" header "\" does not name its folder")
		return
	}
	to = header
	sub(/\/.*/, "", to)
	if (!(to in may))
		complain("\"" header "\": " to "/ has no floor")
	else if (to != from && index(" " may[from] " ", " " to " ") == 0)
		complain(from "/ may not include \"" header "\"")
}

function check_system(from, header,    start)
{
	for (start in only)
		if (index(header, start) == 1 &&
		    index(" " only[start] " ", " " from " ") == 0)
			complain("<" header "> belongs in " only[start] "/")
}

FNR == 1 {
	from = folder_of(FILENAME)
	if (!(from in may))
		complain(from "/ has no floor")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	check_ours(from, part[2])
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	split($0, part, /[<>]/)
	check_system(from, part[2])
}

END { exit bad }
