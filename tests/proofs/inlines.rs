// SPDX-License-Identifier: GPL-3.0-or-later
// What addr2line.sh asks about, for Rust: closures, iterators, collections.
use std::collections::{BTreeMap, HashMap};

fn main() {
    let mut sums = HashMap::new();
    let mut last = BTreeMap::new();

    for i in 0..1000u64 {
        let key = (i * 7919 % 1000).to_string();
        *sums.entry(key.clone()).or_insert(0u64) += i;
        last.insert(key, i);
    }
    let mut sorted: Vec<_> = sums.into_iter().collect();
    sorted.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    let even: u64 = last.values().filter(|x| *x % 2 == 0).sum();
    println!("{:?} {}", &sorted[..3], even);
}
