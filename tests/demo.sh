#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh - profile Debian's own C++ compiler while it works
#
# cc1plus is a stripped 25 MB binary of Debian's, built without frame pointers
# and without debug information: what a profiler meets in the field.
set -eu

scrape=${SCRAPE:-./scrape}
compiler=$(g++ -print-prog-name=cc1plus)
dir=$(mktemp -d "${TMPDIR:-/tmp}/scrape-demo.XXXXXX")

# Some ten seconds of work: containers and regular expressions, all of each.
cat >"$dir/demo.cc" <<'END'
#include <bits/stdc++.h>

template <class... T>
struct work {
	std::tuple<std::map<T, std::string>...> maps;
	std::tuple<std::unordered_map<T, std::vector<std::string>>...> tables;
	std::tuple<std::deque<std::pair<T, std::string>>...> queues;

	void run(std::istream &in)
	{
		(each<T>(in), ...);
	}

	template <class U>
	void each(std::istream &in)
	{
		auto &map = std::get<std::map<U, std::string>>(maps);
		auto &table = std::get<
		    std::unordered_map<U, std::vector<std::string>>>(tables);
		auto &queue = std::get<
		    std::deque<std::pair<U, std::string>>>(queues);
		std::string word;
		U key;

		while (in >> key >> word) {
			map[key] += word;
			table[key].push_back(word);
			queue.emplace_back(key, word);
		}
		std::stable_sort(queue.begin(), queue.end());
		queue.erase(std::unique(queue.begin(), queue.end()),
		    queue.end());
	}
};

template struct work<int, long, double, std::string>;
template class std::basic_regex<char>;
template class std::basic_regex<wchar_t>;
template bool std::regex_search(const std::string &, std::smatch &,
    const std::regex &, std::regex_constants::match_flag_type);
template std::string std::regex_replace(const std::string &,
    const std::regex &, const std::string &,
    std::regex_constants::match_flag_type);
END
g++ -std=c++17 -E "$dir/demo.cc" -o "$dir/demo.ii"

echo "demo: profiling $compiler as it compiles $dir/demo.ii"
"$scrape" record -o "$dir/demo.pb.gz" -- \
    "$compiler" -std=c++17 -O2 -quiet "$dir/demo.ii" -o "$dir/demo.s"

echo
echo "demo: the profile is $dir/demo.pb.gz"
if command -v go >/dev/null; then
	echo "demo: look further with"
	echo "  go tool pprof -top $dir/demo.pb.gz"
	echo "  go tool pprof -http=localhost: $dir/demo.pb.gz"
else
	echo "demo: any reader of pprof takes it: go tool pprof -top (golang-go)"
fi
