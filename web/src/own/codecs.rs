//! WebCodecs as far as it is used here. `web-sys` has these types only behind a flag for the whole build.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Decodes chunks to frames.
    #[derive(Debug)]
    #[wasm_bindgen(js_name = VideoDecoder)]
    pub(super) type VideoDecoder;

    #[wasm_bindgen(constructor, js_class = "VideoDecoder", catch)]
    pub(super) fn new(init: &Object) -> Result<VideoDecoder, JsValue>;

    #[wasm_bindgen(static_method_of = VideoDecoder, js_class = "VideoDecoder", js_name = isConfigSupported, catch)]
    pub(super) fn is_config_supported(config: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, js_class = "VideoDecoder", catch)]
    pub(super) fn configure(this: &VideoDecoder, config: &Object) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_class = "VideoDecoder", catch)]
    pub(super) fn decode(this: &VideoDecoder, chunk: &EncodedVideoChunk) -> Result<(), JsValue>;

    #[wasm_bindgen(method, js_class = "VideoDecoder", catch)]
    pub(super) fn flush(this: &VideoDecoder) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, js_class = "VideoDecoder", catch)]
    pub(super) fn close(this: &VideoDecoder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_class = "VideoDecoder", js_name = decodeQueueSize)]
    pub(super) fn queued(this: &VideoDecoder) -> f64;

    #[wasm_bindgen(method, setter, js_class = "VideoDecoder")]
    pub(super) fn set_ondequeue(this: &VideoDecoder, call: &Function);

    /// A sample's bytes.
    #[derive(Debug)]
    #[wasm_bindgen(js_name = EncodedVideoChunk)]
    pub(super) type EncodedVideoChunk;

    #[wasm_bindgen(constructor, js_class = "EncodedVideoChunk", catch)]
    pub(super) fn new(init: &Object) -> Result<EncodedVideoChunk, JsValue>;

    /// A picture, in memory that the decoder wants back.
    #[derive(Debug)]
    #[wasm_bindgen(js_name = VideoFrame)]
    pub(super) type VideoFrame;

    #[wasm_bindgen(method, getter, js_class = "VideoFrame")]
    pub(super) fn timestamp(this: &VideoFrame) -> f64;

    #[wasm_bindgen(method, getter, js_class = "VideoFrame")]
    pub(super) fn format(this: &VideoFrame) -> Option<String>;

    #[wasm_bindgen(method, getter, js_class = "VideoFrame", js_name = visibleRect)]
    pub(super) fn visible(this: &VideoFrame) -> JsValue;

    #[wasm_bindgen(method, getter, js_class = "VideoFrame", js_name = colorSpace)]
    pub(super) fn colours(this: &VideoFrame) -> JsValue;

    #[wasm_bindgen(method, js_class = "VideoFrame", js_name = allocationSize, catch)]
    pub(super) fn allocation_size(this: &VideoFrame, options: &Object) -> Result<f64, JsValue>;

    #[wasm_bindgen(method, js_class = "VideoFrame", js_name = copyTo, catch)]
    pub(super) fn copy_to(
        this: &VideoFrame,
        to: &Uint8Array,
        options: &Object,
    ) -> Result<Promise<Array>, JsValue>;

    #[wasm_bindgen(method, js_class = "VideoFrame")]
    pub(super) fn close(this: &VideoFrame);
}

/// Whether the browser has WebCodecs here: pages without HTTPS do not.
pub(super) fn present() -> bool {
    let has = |name: &str| {
        Reflect::get(&js_sys::global(), &JsValue::from_str(name)).is_ok_and(|value| value.is_function())
    };
    has("VideoDecoder") && has("EncodedVideoChunk") && has("VideoFrame")
}

/// A field of an object; undefined where there is none.
pub(super) fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A number of an object.
pub(super) fn number(of: &JsValue, name: &str) -> Option<f64> {
    field(of, name).as_f64()
}

/// An object of fields.
pub(super) fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // An ordinary object takes any field.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

/// What an exception says.
pub(crate) fn words(error: &JsValue) -> String {
    let text = |name: &str| field(error, name).as_string().filter(|s| !s.is_empty());
    match (text("name"), text("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => format!("{error:?}"),
    }
}

/// A picture that is given back to the decoder when it is dropped.
#[derive(Debug)]
pub(super) struct Held(pub(super) VideoFrame);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.close();
    }
}
