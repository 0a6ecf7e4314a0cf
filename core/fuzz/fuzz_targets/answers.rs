//! Every parser of answers, the benchmarks' and the links', on any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrubjay_core::answer::{interval, order, python, tags};
use scrubjay_core::link;
use scrubjay_core::metric::{choice, interval as bench, order as ranks};

fuzz_target!(|text: &str| {
    if let Ok(i) = interval::parse(text) {
        assert!(i.start.is_finite() && i.end.is_finite() && i.start <= i.end);
    }
    let _ = (order::parse(text, "341562"), tags::think_answer(text), tags::segments(text), tags::integers(text));
    let _ = (python::float(text).map(python::float_repr), python::digit_runs(text));
    if let Ok(read) = bench::videossr(text) {
        assert!(read.interval.start.is_finite() && read.interval.start <= read.interval.end);
    }
    for i in bench::museg(text).unwrap_or_default() {
        assert!(i.start < i.end);
    }
    for form in [bench::Form::Strict, bench::Form::Tolerant] {
        let _ = bench::videoreasoner(text, 50.0, form);
    }
    for reading in [choice::Reading::Videossr, choice::Reading::Videoreasoner, choice::Reading::Unified] {
        let _ = choice::read(text, reading);
    }
    let _ = ranks::masked(text, &[3, 1, 4, 2], 4);
    let _ = link::parse(text);
});
