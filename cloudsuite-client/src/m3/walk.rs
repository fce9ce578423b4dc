//! The walk along a list's keys, without any IO.
//!
//! M3 lists have no cursor. Some begin with the rows of their start key, others after them, and many rows may share a
//! key at a page's end. So the rows of a page's last key are held back, and the next page starts from the key before
//! it, the last one that is complete: a list that begins after its start key then gives all rows of the last key
//! together, one that begins with it those of the complete key too, which were given and are dropped. A list that was
//! seen to begin with its start key does so for good: nothing is held back any more, and its pages start from the last
//! key itself.
//!
//! A page of the asked number of rows or more, or of just so many as servers silently stop at (100, 1,000, 10,000), may
//! have been cut, and is followed by another; what has given more rows before does not stop there. A page that
//! completes no key is asked again twice as large. A list that ignores its start key, goes in circles, is not in the
//! order of its key, or gives no more rows of a key however many are asked for, is an error rather than an endless loop
//! or a row left out.

use std::collections::HashMap;

use super::record::MiRecord;
use crate::progress::Progress;

/// Numbers of rows at which servers are known to stop without saying so.
const CEILINGS: [usize; 3] = [100, 1_000, 10_000];
/// Whether a list of so many rows may have been cut by a ceiling that nobody tells of.
pub(crate) fn at_ceiling(rows: usize) -> bool {
    CEILINGS.contains(&rows)
}

/// No page is asked larger than this.
pub(crate) const LARGEST_PAGE: usize = 1_000_000;

/// Where a walk stands between two pages.
pub(crate) struct Walk {
    /// Names of the key's output fields.
    key: Vec<String>,
    /// Where the next page starts.
    pub(crate) start: Option<Vec<String>>,
    /// How many rows to ask for.
    pub(crate) page: usize,
    /// Whether the last page was read.
    pub(crate) ended: bool,
    /// Whether the list was seen to begin with its start key.
    begins_with_start: bool,
    /// Rows of the start key that were given already, and how many of each.
    given: HashMap<MiRecord, usize>,
    /// Rows of the largest page so far.
    largest: usize,
    /// Whether the start keys move on.
    progress: Progress<Vec<String>>,
    /// Rows of the last page that did not get past its start.
    stuck_at: usize,
}

impl Walk {
    pub(crate) fn new(key: Vec<String>, page: usize) -> Self {
        Self {
            key,
            start: None,
            page,
            ended: false,
            begins_with_start: false,
            given: HashMap::new(),
            largest: 0,
            progress: Progress::new(),
            stuck_at: 0,
        }
    }

    /// Takes a page and gives those of its rows that are new.
    pub(crate) fn take(&mut self, rows: Vec<MiRecord>) -> Result<Vec<MiRecord>, String> {
        let cut = self.may_be_cut(rows.len());
        let (Some(first), Some(last), true) = (rows.first(), rows.last(), cut) else {
            self.ended = true;
            return Ok(self.fresh(rows));
        };
        if self.key.is_empty() {
            return Err(format!("{} rows came, which may not be all: declare the list's key", rows.len()));
        }
        let (first, last) = (self.key_of(first)?, self.key_of(last)?);
        self.begins_with_start |= self.start.as_ref() == Some(&first);
        if !self.begins_with_start {
            self.check_order(&last, &rows)?;
        }
        let next = if self.begins_with_start { Some(last.clone()) } else { self.key_before(&last, &rows)? };
        match next {
            Some(next) if self.start.as_ref() != Some(&next) => self.advance(rows, next, &last),
            _ => self.stay(rows, &first, &last),
        }
    }

    fn may_be_cut(&mut self, rows: usize) -> bool {
        let stopped = at_ceiling(rows) && rows >= self.largest;
        self.largest = self.largest.max(rows);
        rows >= self.page || stopped
    }

    /// The next page starts from this key, which is complete, or of which more may be asked.
    fn advance(&mut self, rows: Vec<MiRecord>, next: Vec<String>, last: &[String]) -> Result<Vec<MiRecord>, String> {
        if !self.progress.moves_on_to(next.clone()) {
            return Err(format!("the list came back to {}: it cannot be read by this key", next.join("/")));
        }
        let mut fresh = self.fresh(rows);
        if next != last {
            fresh.retain(|row| !self.is_at(last, row));
        }
        self.given.clear();
        self.give_at(&next, &fresh);
        self.start = Some(next);
        self.stuck_at = 0;
        Ok(fresh)
    }

    /// The page got no further than where it started: more rows share a key than it holds.
    fn stay(&mut self, rows: Vec<MiRecord>, first: &[String], last: &[String]) -> Result<Vec<MiRecord>, String> {
        if let Some(start) = self.start.as_ref().filter(|start| *start != first)
            && rows.iter().any(|row| self.is_at(start, row))
        {
            return Err(format!("the list does not start at {} as asked: check its start field", start.join("/")));
        }
        if rows.len() <= self.stuck_at || self.page >= LARGEST_PAGE {
            return Err(format!(
                "the list does not get past {}, which {} rows or more share: choose another page size or key",
                last.join("/"),
                rows.len()
            ));
        }
        self.stuck_at = rows.len();
        self.page *= 2;
        if !self.begins_with_start {
            return Ok(Vec::new());
        }
        let fresh = self.fresh(rows);
        self.give_at(first, &fresh);
        Ok(fresh)
    }

    /// Remembers which rows of the start key are given: the last ones.
    fn give_at(&mut self, start: &[String], fresh: &[MiRecord]) {
        let last = fresh.iter().rev().take_while(|row| self.is_at(start, row)).count();
        for row in &fresh[fresh.len() - last..] {
            *self.given.entry(row.clone()).or_default() += 1;
        }
    }

    /// The rows less those given already, which stand at the page's beginning; of rows that are alike, as many as were
    /// given.
    fn fresh(&self, mut rows: Vec<MiRecord>) -> Vec<MiRecord> {
        let Some(start) = self.start.as_ref().filter(|_| !self.given.is_empty()) else { return rows };
        let mut at_start = rows.iter().take_while(|row| self.is_at(start, row)).count();
        let mut given = self.given.clone();
        rows.retain(|row| {
            if at_start == 0 {
                return true;
            }
            at_start -= 1;
            match given.get_mut(row) {
                Some(times @ 1..) => {
                    *times -= 1;
                    false
                }
                _ => true,
            }
        });
        rows
    }

    /// Rows of the page's last key stand together at its end, or some of them would be held back for good.
    fn check_order(&self, last: &[String], rows: &[MiRecord]) -> Result<(), String> {
        if rows.iter().skip_while(|row| !self.is_at(last, row)).all(|row| self.is_at(last, row)) {
            return Ok(());
        }
        let last = last.join("/");
        Err(format!("the list is not in the order of its key: rows of {last} stand apart, declare the key it goes by"))
    }

    /// The last key before this one, which is the page's last.
    fn key_before(&self, last: &[String], rows: &[MiRecord]) -> Result<Option<Vec<String>>, String> {
        rows.iter().rfind(|row| !self.is_at(last, row)).map(|row| self.key_of(row)).transpose()
    }

    fn parts<'a>(&'a self, row: &'a MiRecord) -> impl Iterator<Item = &'a str> {
        self.key.iter().map(|name| row.text(name).unwrap_or_default())
    }

    fn is_at(&self, key: &[String], row: &MiRecord) -> bool {
        self.parts(row).eq(key.iter().map(String::as_str))
    }

    fn key_of(&self, row: &MiRecord) -> Result<Vec<String>, String> {
        let key: Vec<String> = self.parts(row).map(str::to_owned).collect();
        if key.iter().all(String::is_empty) {
            return Err(format!("a row has no {}, by which the list is read", self.key.join(" or ")));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Dice;

    /// How a server behaves: whether it gives the start key again, and where it silently stops.
    #[derive(Clone, Copy, Debug)]
    struct Server {
        repeats_start: bool,
        ceiling: usize,
        heeds_start: bool,
    }

    const PLAIN: Server = Server { repeats_start: true, ceiling: usize::MAX, heeds_start: true };
    const AFTER: Server = Server { repeats_start: false, ..PLAIN };

    impl Server {
        fn page(self, table: &[MiRecord], start: Option<&str>, rows: usize) -> Vec<MiRecord> {
            let after = |row: &&MiRecord| match start.filter(|_| self.heeds_start) {
                None => true,
                Some(start) if self.repeats_start => row.text("K").unwrap() >= start,
                Some(start) => row.text("K").unwrap() > start,
            };
            table.iter().filter(after).take(rows.min(self.ceiling)).cloned().collect()
        }

        /// All rows that a walk gives, and the number of calls it makes.
        fn walk(self, table: &[MiRecord], page: usize) -> Result<(Vec<MiRecord>, usize), String> {
            self.walk_among(&mut table.to_vec(), page, |_| ())
        }

        /// The same while something happens to the table after each page.
        fn walk_among(
            self,
            table: &mut Vec<MiRecord>,
            page: usize,
            mut happen: impl FnMut(&mut Vec<MiRecord>),
        ) -> Result<(Vec<MiRecord>, usize), String> {
            let mut walk = Walk::new(vec!["K".to_owned()], page);
            let (mut rows, mut calls) = (Vec::new(), 0);
            while !walk.ended {
                let start = walk.start.as_ref().map(|start| start[0].clone());
                rows.extend(walk.take(self.page(table, start.as_deref(), walk.page))?);
                calls += 1;
                assert!(calls < 10_000, "endless");
                happen(table);
            }
            Ok((rows, calls))
        }
    }

    fn row(key: usize, n: usize) -> MiRecord {
        MiRecord::from_iter([("K", format!("{key:06}")), ("N", n.to_string())])
    }

    fn rows(keys: impl IntoIterator<Item = usize>) -> Vec<MiRecord> {
        keys.into_iter().enumerate().map(|(n, key)| row(key, n)).collect()
    }

    #[test]
    fn every_row_comes_once_whatever_the_size_the_page_and_the_start() {
        for size in [0, 1, 2, 3, 7, 99, 100, 101, 200, 1_000, 1_001] {
            let table = rows(0..size);
            for page in [2, 3, 50, 100, 150, 1_000] {
                for repeats_start in [true, false] {
                    for ceiling in [usize::MAX, 100] {
                        let server = Server { repeats_start, ceiling, ..PLAIN };
                        let (read, _) = server.walk(&table, page).unwrap();
                        assert_eq!(read, table, "{size} rows, page {page}, {server:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_hidden_ceiling_cuts_a_list() {
        for ceiling in [100, 1_000, 10_000] {
            for size in [ceiling - 1, ceiling, ceiling + 1, 2 * ceiling + 7] {
                for (repeats_start, copies) in [(true, 1), (false, 1), (true, 3), (false, 3)] {
                    let table = rows((0..size).map(|n| n / copies));
                    let server = Server { repeats_start, ceiling, ..PLAIN };
                    let (read, _) = server.walk(&table, 50_000).unwrap();
                    assert!(read == table, "{} of {size} rows, each key {copies} times, {server:?}", read.len());
                }
            }
        }
    }

    #[test]
    fn a_short_page_ends_the_list_without_another_call() {
        for server in [PLAIN, AFTER] {
            assert_eq!(server.walk(&rows(0..999), 1_000).unwrap().1, 1);
            assert_eq!(server.walk(&rows(0..1_500), 1_000).unwrap().1, 2);
            assert_eq!(server.walk(&rows(0..9_900), 1_000).unwrap().1, 10);
            assert_eq!(server.walk(&rows(0..100), 1_000).unwrap().1, 2, "100 rows may be a ceiling");
        }
        assert_eq!(PLAIN.walk(&rows(0..1_098), 1_000).unwrap().1, 2, "what gave 1,000 rows does not stop at 100");
    }

    #[test]
    fn rows_that_share_a_key_at_a_pages_end_all_come() {
        let table = rows([1, 1, 2, 2]);
        for server in [PLAIN, AFTER] {
            assert_eq!(server.walk(&table, 3).unwrap().0, table, "{server:?}");
        }
        for copies in 1..=9 {
            let table = rows((0..20).flat_map(|key| std::iter::repeat_n(key, copies)));
            for (page, server) in (2..=12).flat_map(|page| [PLAIN, AFTER].map(|server| (page, server))) {
                assert_eq!(server.walk(&table, page).unwrap().0, table, "{copies} copies, page {page}, {server:?}");
            }
        }
    }

    #[test]
    fn rows_that_are_alike_come_as_often_as_they_are_there() {
        let table: Vec<_> = rows([1; 5]).into_iter().map(|_| row(1, 1)).chain([row(2, 0), row(3, 0)]).collect();
        for (page, server) in (2..=7).flat_map(|page| [PLAIN, AFTER].map(|server| (page, server))) {
            assert_eq!(server.walk(&table, page).unwrap().0, table, "page {page}, {server:?}");
        }
    }

    #[test]
    fn rows_untouched_while_others_come_and_go_are_given_exactly_once() {
        let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        println!("SEED={first} and the 1,499 after it");
        for seed in first..first + 1_500 {
            let mut dice = Dice::of(seed);
            let keys = 5 + dice.below(60);
            let copies = 1 + dice.below(9);
            let counts: Vec<usize> = (0..keys).map(|_| 1 + dice.below(copies)).collect();
            let mut table = rows(counts.iter().enumerate().flat_map(|(key, &count)| std::iter::repeat_n(key, count)));
            let server =
                Server { repeats_start: dice.below(2) == 0, ceiling: [usize::MAX, 100][dice.below(2)], ..PLAIN };
            let page = [2 + dice.below(12), 1_000][usize::from(dice.below(5) == 0)];
            let mut untouched = table.clone();
            let mut new = table.len();
            let changes = dice.below(6);
            let walked = server.walk_among(&mut table, page, |table| {
                for _ in 0..dice.below(changes + 1) {
                    if dice.below(2) == 0 && !table.is_empty() {
                        let gone = table.remove(dice.below(table.len()));
                        untouched.retain(|row| *row != gone);
                    } else {
                        new += 1;
                        let row = row(dice.below(keys), new);
                        let key = row.text("K").unwrap().to_owned();
                        let above = table.partition_point(|other| other.text("K").unwrap() < key.as_str());
                        let below = table.partition_point(|other| other.text("K").unwrap() <= key.as_str());
                        table.insert(above + dice.below(below - above + 1), row);
                    }
                }
            });
            let (read, _) = walked.unwrap_or_else(|error| panic!("SEED={seed}, page {page}, {server:?}: {error}"));
            for row in &untouched {
                let times = read.iter().filter(|other| *other == row).count();
                assert_eq!(times, 1, "SEED={seed}, page {page}, {server:?}: {row:?}");
            }
        }
    }

    #[test]
    fn a_cut_page_that_is_not_in_the_order_of_its_key_is_an_error_and_no_row_left_out() {
        let table = rows([1, 2, 3, 1]);
        for server in [PLAIN, AFTER] {
            assert!(server.walk(&table, 4).unwrap_err().contains("order of its key"), "{server:?}");
            assert_eq!(server.walk(&table, 5).unwrap().0, table, "what comes whole needs no order");
        }
        let mut later = Walk::new(vec!["K".to_owned()], 3);
        later.take(rows([1, 2, 3])).unwrap();
        assert!(later.take(rows([3, 4, 3])).unwrap_err().contains("order of its key"), "after its start key");
    }

    #[test]
    fn a_list_that_cannot_be_read_by_its_key_is_an_error_and_no_endless_loop() {
        let deaf = Server { heeds_start: false, ..PLAIN };
        assert!(deaf.walk(&rows(0..10), 4).unwrap_err().contains("start field"));
        for ceiling in [100, 1_000, 10_000] {
            for server in [PLAIN, AFTER] {
                let narrow = Server { ceiling, ..server };
                let crowded = rows(std::iter::repeat_n(7, ceiling + 50));
                assert!(narrow.walk(&crowded, 20_000).unwrap_err().contains("get past 000007"));
            }
        }
        let nameless = vec![MiRecord::from_iter([("X", "1")]), MiRecord::from_iter([("X", "2")])];
        assert!(Walk::new(vec!["K".to_owned()], 2).take(nameless.clone()).unwrap_err().contains("no K"));
        assert!(Walk::new(Vec::new(), 2).take(nameless).unwrap_err().contains("declare"));
        let mut circle = Walk::new(vec!["K".to_owned()], 2);
        circle.take(rows([1, 2])).unwrap();
        circle.take(rows([2, 3])).unwrap();
        assert!(circle.take(rows([1, 2])).unwrap_err().contains("came back"));
    }
}
