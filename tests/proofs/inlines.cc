/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What addr2line.sh asks about: code in which most instructions stand several
 * inlined calls deep, from templates of the standard library, lambdas, local
 * classes, virtual and deleting destructors, and cold paths of their own.
 */
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Shape {
	virtual ~Shape() = default;
	virtual double area() const = 0;
};

struct Square : Shape {
	double side;

	explicit Square(double s) : side(s) {}
	double area() const override { return side * side; }
};

template <typename T> T
sum(const std::vector<T> &values)
{
	T total{};

	for (const T &v : values)
		total += v;
	return total;
}

std::vector<std::string>
make_words(int n)
{
	std::vector<std::string> words;

	for (int i = 0; i < n; i++)
		words.push_back(std::to_string(i * 7919 % 1000));
	std::sort(words.begin(), words.end(), [](auto &a, auto &b) {
		return a.size() != b.size() ? a.size() < b.size() : a > b;
	});
	return words;
}

int
count_matches(const std::vector<std::string> &words)
{
	std::regex five("([0-9]+)5");
	std::smatch match;

	return (int)std::count_if(words.begin(), words.end(),
	    [&](auto &w) { return std::regex_match(w, match, five); });
}

double
total_area(const std::vector<std::string> &words)
{
	std::vector<std::unique_ptr<Shape>> shapes;
	double total = 0;

	for (auto &w : words)
		shapes.push_back(std::make_unique<Square>((double)w.size()));
	for (auto &s : shapes)
		total += s->area();
	return total;
}

} // namespace

int
main(int argc, char *[])
{
	struct Local {
		static int triple(int x) { return x * 3; }
	};
	auto words = make_words(argc * 100);
	std::map<std::string, int> counts;
	std::unordered_map<int, std::string> by_number;
	std::function<int(int)> fib = [&](int n) {
		return n < 2 ? n : fib(n - 1) + fib(n - 2);
	};

	for (auto &w : words) {
		counts[w]++;
		by_number[Local::triple((int)w.size())] = w;
	}
	try {
		if (argc > 5)
			throw std::runtime_error(words[0]);
	} catch (const std::exception &e) {
		puts(e.what());
	}
	printf("%f %d %d %d %zu\n", total_area(words), count_matches(words),
	    fib(20), sum(std::vector<int>{1, 2, argc}),
	    counts.size() + by_number.size());
	return 0;
}
