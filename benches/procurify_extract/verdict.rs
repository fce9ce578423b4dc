//! What was measured beside what must hold.

use crate::Result;

/// Prints each figure with its target, and ends in an error if one was missed.
#[derive(Default)]
pub struct Verdict(Vec<String>);

impl Verdict {
    pub fn at_least(&mut self, what: &str, figure: f64, target: f64) {
        self.judge(figure >= target, what, &format!("{figure:.3} (at least {target})"));
    }

    pub fn at_most(&mut self, what: &str, figure: u64, target: u64) {
        self.judge(figure <= target, what, &format!("{figure} (at most {target})"));
    }

    fn judge(&mut self, holds: bool, what: &str, figure: &str) {
        println!("  {what}: {figure}");
        if !holds {
            self.0.push(format!("{what}: {figure}"));
        }
    }

    pub fn given(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("missed: {}", self.0.join("; ")).into()) }
    }
}
