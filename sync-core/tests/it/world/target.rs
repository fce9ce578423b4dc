//! The target: what becomes of each call to it.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use serde_json::{Value, json};
use sync_core::*;

use super::{Document, LAG, Mortal, Tables, Target, World};

impl World {
    fn lost(&self) -> Failure {
        if self.denied.load(Ordering::Relaxed) {
            return Failure::new(FailureKind::Denied, "the credentials were refused");
        }
        Failure::new(FailureKind::Unavailable, "no answer")
    }

    pub(super) fn create(&self, tables: &mut Tables, draft: &Draft) -> TargetRef {
        tables.next += 1;
        tables.documents.push(Document {
            reference: draft.reference.to_string(),
            content: draft.document["content"].as_str().unwrap_or_default().to_owned(),
            second: draft.document["content"].as_str().unwrap_or_default().to_owned(),
            void: false,
            visible_at: self.clock.now() + LAG,
        });
        TargetRef(format!("D{}", tables.next))
    }

    fn look(&self, lookup: &Lookup) -> Found {
        if self.fault() {
            return Found::Unanswered(self.lost());
        }
        let tables = self.tables.lock().unwrap();
        let now = self.clock.now();
        let seen = |document: &&Document| document.reference == lookup.reference.as_str() && document.visible_at <= now;
        match tables.documents.iter().find(seen) {
            Some(document) => Found::Found(TargetRef(document.reference.clone())),
            None => Found::Absent,
        }
    }

    fn stage_one(&self, draft: &Draft) -> Staged {
        let content = draft.document["content"].as_str().unwrap_or_default();
        if self.refused.lock().unwrap().iter().any(|refused| refused == content) {
            return Staged::Rejected(Failure::new(FailureKind::Invalid, format!("`{content}` is not allowed")));
        }
        if self.target == Target::Searched {
            let draft = json!({ "key": draft.key, "reference": draft.reference, "document": draft.document });
            return Handle(draft).into();
        }
        if self.fault() {
            return Staged::NotStaged(self.lost());
        }
        let mut tables = self.tables.lock().unwrap();
        tables.next += 1;
        let number = tables.next;
        tables.messages.insert(number, (draft.clone(), false));
        Handle(json!({ "message": number })).into()
    }

    fn commit_one(&self, handle: &Handle) -> Committed {
        let trouble = if self.fault() { self.draw() % 3 } else { 3 };
        match trouble {
            0 => return Committed::NotProcessed(self.lost()),
            1 => return Committed::Unknown(self.lost()),
            _ => {}
        }
        let mut tables = self.tables.lock().unwrap();
        let answer = if self.target == Target::Searched {
            let draft = draft_of(&handle.0);
            self.create(&mut tables, &draft).into()
        } else {
            let number = handle.0["message"].as_u64().unwrap();
            match tables.messages.get_mut(&number) {
                Some((draft, finished)) if !*finished => {
                    *finished = true;
                    let draft = draft.clone();
                    self.create(&mut tables, &draft);
                    Committed::Accepted(RequestIds::none())
                }
                _ => Committed::Rejected(Failure::new(FailureKind::Invalid, "no such open message")),
            }
        };
        // Trouble 2: it was done, and nobody was told.
        if trouble == 2 { Committed::Unknown(self.lost()) } else { answer }
    }

    fn settle_one(&self, doubt: &Doubt) -> Settled {
        if self.target == Target::Searched {
            return Settled::Undecided;
        }
        let fault = if self.fault() { 1 + self.draw() % 2 } else { 0 };
        if fault == 1 {
            return Settled::Unanswered(self.lost());
        }
        let number = doubt.lookup.handle.as_ref().unwrap().0["message"].as_u64().unwrap();
        let mut tables = self.tables.lock().unwrap();
        let answer = match tables.messages.get(&number) {
            Some((_, false)) => {
                tables.messages.remove(&number);
                Settled::Void
            }
            None if doubt.asked_before => Settled::Void,
            // Finished; or gone, when a worker asks that has lost its lease to one who deleted it: such a target
            // says "no" to both alike. Then the answer is wrong, and must not be recorded.
            Some((_, true)) | None => Settled::Accepted,
        };
        if fault == 2 { Settled::Unanswered(self.lost()) } else { answer }
    }
}

impl World {
    fn compare_one(&self, wanted: &Amendment) -> Compared {
        self.compared.lock().unwrap().push(wanted.clone());
        if self.fault() {
            return Compared::Unanswered(self.lost());
        }
        let mut tables = self.tables.lock().unwrap();
        tables.next += 1;
        let number = tables.next;
        let content = wanted.document.as_ref().map(|document| document["content"].as_str().unwrap().to_owned());
        let document = tables.documents.iter().find(|one| one.reference == wanted.reference.as_str()).unwrap();
        let same = match &content {
            Some(content) => !document.void && document.content == *content && document.second == *content,
            None => document.void,
        };
        if same {
            return Compared::Same;
        }
        if self.unchangeable.lock().unwrap().iter().any(|refused| Some(refused) == content.as_ref()) {
            return Compared::Refused(Failure::new(FailureKind::Invalid, "it has been received"));
        }
        let handle = json!({ "number": number, "reference": wanted.reference, "content": content });
        let difference =
            Difference { what: "content".into(), before: Some(document.content.clone()), after: content.clone() };
        Compared::Differs { handle: Handle(handle), differences: vec![difference] }
    }

    /// One of the two writes of an amendment; the trouble it met, if any.
    fn amend_one(&self, handle: &Handle, first: bool) -> Option<Amended> {
        if first {
            let number = handle.0["number"].as_u64().unwrap();
            let mut amended = self.amended.lock().unwrap();
            assert!(!amended.contains(&number), "amendment {number} is sent again");
            amended.push(number);
        }
        let trouble = if self.fault() { self.draw() % 3 } else { 3 };
        match trouble {
            0 => return Some(Amended::NotDone(self.lost())),
            1 => return Some(Amended::Unknown(self.lost())),
            _ => {}
        }
        let mut tables = self.tables.lock().unwrap();
        let reference = handle.0["reference"].as_str().unwrap();
        let document = tables.documents.iter_mut().find(|one| one.reference == reference).unwrap();
        match handle.0["content"].as_str() {
            Some(content) => {
                document.void = false;
                let part = if first { &mut document.content } else { &mut document.second };
                content.clone_into(part);
            }
            None => document.void = true,
        }
        (trouble == 2).then(|| Amended::Unknown(self.lost()))
    }
}

fn draft_of(value: &Value) -> Draft {
    Draft {
        earlier: None,
        absent: false,
        key: serde_json::from_value(value["key"].clone()).unwrap(),
        reference: serde_json::from_value(value["reference"].clone()).unwrap(),
        document: value["document"].clone(),
    }
}

#[async_trait]
impl Sink for Mortal {
    fn describe(&self, handle: &Handle) -> String {
        format!("message {}", handle.0["message"])
    }
    fn keeps_staged(&self) -> bool {
        self.0.target == Target::Staged
    }
    async fn find(&self, wanted: &[Lookup]) -> Vec<Found> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        mortal!(self, wanted.iter().map(|lookup| self.0.look(lookup)).collect())
    }
    async fn stage(&self, drafts: &[Draft]) -> Vec<Staged> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        mortal!(self, drafts.iter().map(|draft| self.0.stage_one(draft)).collect())
    }
    async fn commit(&self, handles: &[Handle]) -> Vec<Committed> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        let mut answers = Vec::new();
        for handle in handles {
            answers.push(mortal!(self, self.0.commit_one(handle)));
        }
        answers
    }
    async fn settle(&self, doubts: &[Doubt]) -> Vec<Settled> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        let mut answers = Vec::new();
        for doubt in doubts {
            answers.push(mortal!(self, self.0.settle_one(doubt)));
        }
        answers
    }

    async fn compare(&self, wanted: &[Amendment]) -> Vec<Compared> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        mortal!(self, wanted.iter().map(|one| self.0.compare_one(one)).collect())
    }

    async fn amend(&self, handles: &[Handle]) -> Vec<Amended> {
        self.0.sink_calls.fetch_add(1, Ordering::Relaxed);
        let mut answers = Vec::new();
        for handle in handles {
            let mut trouble = mortal!(self, self.0.amend_one(handle, true));
            if trouble.is_none() {
                trouble = mortal!(self, self.0.amend_one(handle, false));
            }
            answers.push(trouble.unwrap_or(Amended::Done(RequestIds::none())));
        }
        answers
    }
}
