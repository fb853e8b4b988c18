//! Desks with one line before them: whoever is first is served by whoever is free.

use std::collections::VecDeque;

/// Desks that share a line.
pub struct Desks<J> {
    serving: Vec<Option<J>>,
    line: VecDeque<J>,
}

impl<J: Copy> Desks<J> {
    /// So many desks, all free.
    pub fn new(many: usize) -> Self {
        Self { serving: vec![None; many], line: VecDeque::new() }
    }

    /// Joins the line, and is served at once where a desk is free: at which.
    pub fn join(&mut self, job: J) -> Option<usize> {
        match self.serving.iter().position(Option::is_none) {
            Some(free) => {
                self.serving[free] = Some(job);
                Some(free)
            }
            None => {
                self.line.push_back(job);
                None
            }
        }
    }

    /// Ends what a desk was at, and begins what is next in the line: both are given back.
    pub fn finish(&mut self, desk: usize) -> (Option<J>, Option<J>) {
        let next = self.line.pop_front();
        let done = self.serving.get_mut(desk).and_then(|serving| std::mem::replace(serving, next));
        (done, next)
    }
}
