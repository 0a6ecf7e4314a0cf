//! The pixel work of an item in pieces, so that a GPU may do it without a second rule for what is done.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::frame::Frame;
use crate::perturb::Perturbation;
use crate::perturb::shape::{Shape, Sprite, draw};

/// A piece of work on pictures of one size.
#[derive(Debug)]
pub enum PixelWork<'a> {
    /// A segment is perturbed; never by something that only moves its pictures.
    Perturb {
        /// How.
        perturbation: &'a Perturbation,
        /// The segment.
        pictures: &'a mut [Frame],
    },
    /// Shapes are drawn.
    Draw {
        /// For each picture its shapes, in drawing order.
        shapes: &'a [Vec<(Shape, Sprite)>],
        /// The pictures.
        pictures: &'a mut [Frame],
    },
}

impl PixelWork<'_> {
    /// Does it here.
    pub fn run(self) {
        match self {
            Self::Perturb { perturbation, pictures } => perturbation.apply(pictures),
            Self::Draw { shapes, pictures } => {
                for (picture, shapes) in pictures.iter_mut().zip(shapes) {
                    for (shape, sprite) in shapes {
                        draw(picture, *shape, sprite);
                    }
                }
            }
        }
    }
}

/// The value of a future in which nothing waits: it is there when it is first asked for.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}
