//! The film's pictures side by side, each where its time is.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::marks::Marks;

fn pen(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Draws as many pictures as fit in their own proportions, each of the middle of its stretch of time, as wide as the
/// canvas is shown. A browser without 2D drawing shows none.
pub(super) fn draw(canvas: NodeRef<html::Canvas>, marks: Marks) -> Option<()> {
    let canvas = canvas.get()?;
    let sharp = window().device_pixel_ratio().clamp(1.0, 2.0);
    let (width, height) = (canvas.client_width().max(64), canvas.client_height().max(16));
    canvas.set_width((f64::from(width) * sharp) as u32);
    canvas.set_height((f64::from(height) * sharp) as u32);
    let onto = pen(&canvas)?;
    let between: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    marks.puzzle(|p| {
        let film = p.films.first()?;
        between.set_width(film.width);
        between.set_height(film.height);
        let small = pen(&between)?;
        let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
        let shape = f64::from(film.width.max(1)) / f64::from(film.height.max(1));
        let count = (w / (h * shape)).round().clamp(1.0, 64.0);
        let each = w / count;
        // Its own height where it is as wide as its place: what is more is cut off above and below alike.
        let tall = each / shape;
        for k in 0..count as u32 {
            let middle = (f64::from(k) + 0.5) / count;
            let frame = marks.with(|p| p.shown(p.along(middle)));
            small.put_image_data(&film.image(frame)?, 0.0, 0.0).ok()?;
            let (x, y) = (f64::from(k) * each, (h - tall) / 2.0);
            onto.draw_image_with_html_canvas_element_and_dw_and_dh(&between, x, y, each, tall).ok()?;
        }
        Some(())
    })
}
