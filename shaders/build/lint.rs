//! What naga does not ask of a kernel, and the host does: limits, bindings, the structure's fields, constants, and that threads
//! past the picture leave before they touch a buffer.

use naga::{
    AddressSpace, BinaryOperator, Block, Expression, Function, GlobalVariable, Handle, Module, ScalarKind,
    ShaderStage, Span, Statement, StorageAccess, TypeInner,
};

use crate::layout::{GROUP, Layout};

/// Limits that every WebGPU has (the specification's defaults).
const MOST_THREADS: u32 = 256;
const MOST_STORAGE: usize = 8;
const MOST_UNIFORM: u32 = 65_536;

/// Where, if anywhere in particular, and what.
type Fault = (Span, String);

fn everywhere(what: String) -> Fault {
    (Span::default(), what)
}

pub(super) fn lint(module: &Module, layout: &Layout) -> Result<(), Fault> {
    let [entry] = &module.entry_points[..] else {
        let what = format!("{} entry points where there must be one", module.entry_points.len());
        return Err(everywhere(what));
    };
    if entry.stage != ShaderStage::Compute || entry.name != "main" {
        let what = format!("the entry point {} is not a compute shader named main", entry.name);
        return Err(everywhere(what));
    }
    let threads: u32 = entry.workgroup_size.iter().product();
    if entry.workgroup_size_overrides.is_some() || entry.workgroup_size != GROUP || threads > MOST_THREADS {
        return Err(everywhere(format!(
            "a workgroup of {:?} where the host counts {GROUP:?}, at most {MOST_THREADS} altogether",
            entry.workgroup_size
        )));
    }
    bindings(module, layout)?;
    let mut constants: Vec<&str> = module.overrides.iter().filter_map(|(_, o)| o.name.as_deref()).collect();
    let mut known = layout.constants.to_vec();
    constants.sort_unstable();
    known.sort_unstable();
    if constants != known {
        return Err(everywhere(format!("the constants {constants:?}, the host knows {known:?}")));
    }
    let mut guard = Guard { module, function: &entry.function, seen: Vec::new() };
    if !guard.found(&entry.function.body)? {
        return Err(everywhere(format!("no return for {}", Guard::WHOM)));
    }
    Ok(())
}

/// The structure is binding 0; what is read is 1, what is made is 2, and 3 may be a table; all of them words.
fn bindings(module: &Module, layout: &Layout) -> Result<(), Fault> {
    let mut numbers = Vec::new();
    let mut storage = 0;
    for (handle, variable) in module.global_variables.iter() {
        let fault = |what: String| Err((module.global_variables.get_span(handle), what));
        let GlobalVariable { name, binding, space, .. } = variable;
        let name = name.as_deref().unwrap_or_default();
        let Some(binding) = binding.filter(|b| b.group == 0) else {
            return fault(format!("the variable {name} has no binding in group 0"));
        };
        let inner = &module.types[variable.ty].inner;
        match (binding.binding, *space) {
            (0, AddressSpace::Uniform) => {
                compare(module, inner, layout)
                    .map_err(|what| (module.global_variables.get_span(handle), what))?;
            }
            (place @ 1.., AddressSpace::Storage { access }) => {
                storage += 1;
                let wanted =
                    if place == 2 { StorageAccess::LOAD | StorageAccess::STORE } else { StorageAccess::LOAD };
                // Rows of a table may be four words.
                let words = match inner {
                    TypeInner::Array { stride: 4, .. } => true,
                    TypeInner::Array { stride: 16, .. } => place > 2,
                    _ => false,
                };
                if access != wanted || !words {
                    return fault(format!(
                        "{name} at binding {place} is no array of words with access {wanted:?}"
                    ));
                }
            }
            (place, space) => return fault(format!("{name} at binding {place} lies in {space:?}")),
        }
        numbers.push(binding.binding);
    }
    numbers.sort_unstable();
    if !numbers.iter().copied().eq(0..numbers.len() as u32) || numbers.len() < 3 {
        return Err(everywhere(format!("bindings {numbers:?} do not count up from 0 to 2 at least")));
    }
    if storage > MOST_STORAGE {
        return Err(everywhere(format!("{storage} storage buffers (at most {MOST_STORAGE})")));
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

/// The way to the first `if (…) { return; }`, which must compare both of a thread's places across and down.
///
/// Workgroups are whole, pictures are not: threads past a row's or a column's end would read and write other pictures' words,
/// often with the right result, which no test would see.
struct Guard<'a> {
    module: &'a Module,
    function: &'a Function,
    /// Expressions that were evaluated so far.
    seen: Vec<Handle<Expression>>,
}

impl Guard<'_> {
    const WHOM: &'static str = "threads past the picture, before a buffer is touched";

    /// Whether it is in this block; a fault where a buffer is touched before.
    fn found(&mut self, block: &Block) -> Result<bool, Fault> {
        for (statement, span) in block.span_iter() {
            match statement {
                Statement::Emit(range) => {
                    for handle in range.clone() {
                        let touched = match self.function.expressions[handle] {
                            Expression::Load { pointer } => self.buffer(pointer),
                            _ => false,
                        };
                        if touched {
                            let span = self.function.expressions.get_span(handle);
                            return Err((
                                span,
                                format!("a buffer is read, and no return for {}", Self::WHOM),
                            ));
                        }
                        self.seen.push(handle);
                    }
                }
                Statement::If { accept, reject, .. }
                    if reject.is_empty() && matches!(accept[..], [Statement::Return { .. }]) =>
                {
                    return match (0..2).find(|axis| !self.compared(*axis)) {
                        Some(axis) => {
                            let axis = ["across", "down"][axis as usize];
                            Err((
                                *span,
                                format!("a return that does not depend on the place {axis}: {}", Self::WHOM),
                            ))
                        }
                        None => Ok(true),
                    };
                }
                // Of which && and || are made.
                Statement::If { accept, reject, .. } => {
                    if self.found(accept)? || self.found(reject)? {
                        return Ok(true);
                    }
                }
                Statement::Store { pointer, .. } if !self.buffer(*pointer) => {}
                _ => return Err((*span, format!("no return for {}", Self::WHOM))),
            }
        }
        Ok(false)
    }

    /// Whether a pointer leads to a buffer of words.
    fn buffer(&self, pointer: Handle<Expression>) -> bool {
        match self.function.expressions[pointer] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => self.buffer(base),
            Expression::GlobalVariable(variable) => {
                matches!(self.module.global_variables[variable].space, AddressSpace::Storage { .. })
            }
            _ => false,
        }
    }

    /// Whether something that depends on the thread's place along an axis was found too large.
    fn compared(&self, axis: u32) -> bool {
        self.seen.iter().any(|handle| match self.function.expressions[*handle] {
            Expression::Binary { op: BinaryOperator::GreaterEqual, left, .. } => self.depends(left, axis),
            _ => false,
        })
    }

    fn depends(&self, on: Handle<Expression>, axis: u32) -> bool {
        match self.function.expressions[on] {
            Expression::AccessIndex { base, index } => {
                index == axis && matches!(self.function.expressions[base], Expression::FunctionArgument(0))
            }
            Expression::Binary { left, right, .. } => self.depends(left, axis) || self.depends(right, axis),
            _ => false,
        }
    }
}
