//! What every kernel is held to before anything is built on it: it parses, it is valid on any WebGPU there is, it stays
//! within the least limits, and the host's structures lie as it reads them.

use std::fs;
use std::path::Path;

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Expression, Handle, Module, ScalarKind, ShaderStage, Span, TypeInner};

use crate::layout::{GROUP, LAYOUTS, Layout};

/// Limits that every WebGPU has (the specification's defaults).
const MOST_THREADS: u32 = 256;
const MOST_STORAGE: usize = 8;
const MOST_UNIFORM: u32 = 65_536;

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
    if let Some(span) = real(&module, &info) {
        let at = span.location(source);
        let (line, column) = (at.line_number, at.line_position);
        return Err(format!(
            "{path}:{line}:{column}: floating point, which devices may round each in its own way"
        ));
    }
    lint(&module, layout).map_err(|what| format!("{path}: {what}"))
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

fn lint(module: &Module, layout: &Layout) -> Result<(), String> {
    let [entry] = &module.entry_points[..] else {
        return Err(format!("{} entry points where there must be one", module.entry_points.len()));
    };
    if entry.stage != ShaderStage::Compute || entry.name != "main" {
        return Err(format!("the entry point {} is not a compute shader named main", entry.name));
    }
    let threads: u32 = entry.workgroup_size.iter().product();
    if entry.workgroup_size_overrides.is_some() || entry.workgroup_size != GROUP || threads > MOST_THREADS {
        return Err(format!(
            "a workgroup of {:?} where the host counts {GROUP:?}, at most {MOST_THREADS} altogether",
            entry.workgroup_size
        ));
    }
    let mut bindings = Vec::new();
    let (mut storage, mut uniforms) = (0, 0);
    for (handle, variable) in module.global_variables.iter() {
        let Some(binding) = &variable.binding else {
            let span = format!("{:?}", module.global_variables.get_span(handle));
            return Err(format!("the variable {:?} has no binding ({span})", variable.name));
        };
        if binding.group != 0 {
            return Err(format!("the variable {:?} is in group {}", variable.name, binding.group));
        }
        bindings.push(binding.binding);
        match variable.space {
            AddressSpace::Storage { .. } => storage += 1,
            AddressSpace::Uniform => {
                uniforms += 1;
                compare(module, &module.types[variable.ty].inner, layout)?;
            }
            other => return Err(format!("the variable {:?} lies in {other:?}", variable.name)),
        }
    }
    bindings.sort_unstable();
    if !bindings.iter().copied().eq(0..bindings.len() as u32) {
        return Err(format!("bindings {bindings:?} do not count up from 0"));
    }
    if storage > MOST_STORAGE || uniforms != 1 {
        return Err(format!(
            "{storage} storage buffers (at most {MOST_STORAGE}) and {uniforms} uniforms (one)"
        ));
    }
    Ok(())
}

/// Compares the uniform's structure with the host's.
fn compare(module: &Module, found: &TypeInner, layout: &Layout) -> Result<(), String> {
    let TypeInner::Struct { members, span } = found else {
        return Err("the uniform is no structure".to_owned());
    };
    if *span > MOST_UNIFORM || *span as usize != layout.size || members.len() != layout.fields.len() {
        return Err(format!(
            "the structure has {} fields in {span} bytes, the host's has {} in {}",
            members.len(),
            layout.fields.len(),
            layout.size
        ));
    }
    for (member, (name, kind, offset)) in members.iter().zip(layout.fields) {
        let found = match module.types[member.ty].inner {
            TypeInner::Scalar(scalar) if scalar.width == 4 => match scalar.kind {
                ScalarKind::Uint => "u32",
                ScalarKind::Sint => "i32",
                ScalarKind::Float => "f32",
                _ => "another type",
            },
            _ => "another type",
        };
        if member.name.as_deref() != Some(name) || found != *kind || member.offset as usize != *offset {
            return Err(format!(
                "{:?}: {found} at byte {}, the host has {name}: {kind} at byte {offset}",
                member.name, member.offset
            ));
        }
    }
    Ok(())
}
