//! What every kernel is held to before anything is built on it: it parses, it is valid on any WebGPU there is, it stays
//! within the least limits, and the host's structures lie as it reads them.

mod lint;

use std::fs;
use std::path::Path;

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Expression, Handle, Module, ScalarKind, Span};

use self::lint::lint;
use crate::layout::{LAYOUTS, Layout};

/// What is wrong with the kernels of a folder, one entry for each: those of the host's structures, and no others.
pub(crate) fn faults(folder: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for layout in LAYOUTS {
        let path = folder.join(format!("{}.wgsl", layout.kernel));
        let shown = path.display().to_string();
        let source = fs::read_to_string(&path).map_err(|e| format!("{shown}: {e}"));
        faults.extend(source.and_then(|source| check(&shown, &source, layout)).err());
    }
    match fs::read_dir(folder) {
        Ok(entries) => {
            let mut others: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| {
                    let stem = path.file_stem().and_then(|name| name.to_str());
                    path.extension().is_none_or(|e| e != "wgsl")
                        || !LAYOUTS.iter().any(|l| Some(l.kernel) == stem)
                })
                .map(|path| format!("{}: no structure of the host is for it, see layout.rs", path.display()))
                .collect();
            others.sort();
            faults.extend(others);
        }
        Err(e) => faults.push(format!("{}: {e}", folder.display())),
    }
    faults
}

/// Checks one kernel. `path` is what the report calls it.
///
/// # Errors
/// What is wrong, with file, line and span where naga knows them.
pub(crate) fn check(path: &str, source: &str, layout: &Layout) -> Result<(), String> {
    let module =
        naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string_with_path(source, path))?;
    // No capability beyond the baseline: no f16, no 64 bits, no subgroups.
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|e| e.emit_to_string_with_path(source, path))?;
    let result = match real(&module, &info) {
        Some(span) => Err((span, "floating point, which devices may round each in its own way".to_owned())),
        None => lint(&module, layout),
    };
    result.map_err(|(span, what)| {
        if !span.is_defined() {
            return format!("{path}: {what}");
        }
        let at = span.location(source);
        format!("{path}:{}:{}: {what}", at.line_number, at.line_position)
    })
}

/// Where a kernel computes with real numbers.
fn real(module: &Module, info: &ModuleInfo) -> Option<Span> {
    let entries = module.entry_points.iter().enumerate().map(|(i, e)| (&e.function, info.get_entry_point(i)));
    let functions = module.functions.iter().map(|(handle, function)| (function, &info[handle]));
    entries.chain(functions).find_map(|(function, info)| {
        let float = |(handle, _): &(Handle<Expression>, &Expression)| {
            let inner = info[*handle].ty.inner_with(&module.types);
            inner.scalar_kind() == Some(ScalarKind::Float)
        };
        function.expressions.iter().find(float).map(|(handle, _)| function.expressions.get_span(handle))
    })
}
