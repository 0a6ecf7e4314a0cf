//! Which task of core an annotation becomes.

use scrubjay_core::preset::Data;
use scrubjay_core::task::segments::Sought;
use scrubjay_core::task::{Task, TaskName};

use super::{Annotation, Ask};

/// The tasks that a preset asks of an annotation.
///
/// Where its mixture has event grounding, a query with one span becomes an event, and a question whose answer is to be
/// seen in one span is asked twice, for the moment and for the answer, as `VideoReasoner` asks `NExT-GQA`'s (methods §4.3);
/// the answer only if the mixture has questions. Every other query becomes segments, and every other question is asked
/// for its answer.
#[must_use]
pub fn tasks(annotation: &Annotation, data: &Data) -> Vec<Task> {
    let asks = |task: TaskName| data.mix.iter().any(|s| s.task == task && s.kind.is_none());
    let event = asks(TaskName::Event);
    match &annotation.ask {
        Ask::Segments { query, spans } => match spans.as_slice() {
            [span] if event => vec![Task::Event { query: query.clone(), span: *span }],
            _ => vec![segments(query, spans)],
        },
        Ask::Choice { question, options, answer, evidence } => {
            let moment = match evidence.as_slice() {
                [span] if event => Some(Task::Event { query: question.clone(), span: *span }),
                _ => None,
            };
            let qa = Task::Qa { question: question.clone(), options: options.clone(), answer: *answer };
            let also = (moment.is_none() || asks(TaskName::Qa)).then_some(qa);
            moment.into_iter().chain(also).collect()
        }
    }
}

/// Everything that an annotation could become, to be checked.
pub(super) fn all(annotation: &Annotation) -> Vec<Task> {
    match &annotation.ask {
        Ask::Segments { query, spans } => vec![segments(query, spans)],
        Ask::Choice { question, options, answer, evidence } => {
            let qa = Task::Qa { question: question.clone(), options: options.clone(), answer: *answer };
            let seen = (!evidence.is_empty()).then(|| segments(question, evidence));
            std::iter::once(qa).chain(seen).collect()
        }
    }
}

fn segments(query: &str, spans: &[[u32; 2]]) -> Task {
    Task::Segments(Sought::Event { query: query.to_owned(), spans: spans.to_vec() })
}
