//! What this is: the puzzles, where they come from, how they are scored, what stays here, keys, embedding, licences.

mod runs;

use crate::app::place::A;
use leptos::prelude::*;

use self::runs::Runs;
use crate::app::place;
use crate::app::screen::Heading;
use crate::app::tour::PUZZLES;
use crate::clips;

/// A method whose rules are played here: what it is called, its paper's title, and its number at arXiv where that is known.
struct Method {
    name: &'static str,
    title: &'static str,
    arxiv: Option<&'static str>,
    /// Key of what it gave.
    gave: &'static str,
}

/// The four, in the order of the puzzles.
const METHODS: [Method; 4] = [
    Method {
        name: "VideoSSR",
        title: "VideoSSR: Video Self-Supervised Reinforcement Learning",
        arxiv: Some("2511.06281"),
        gave: "about.method.videossr",
    },
    Method {
        name: "MVP",
        title: "MVP: Enhancing Video Large Language Models via Self-supervised Masked Video Prediction",
        arxiv: Some("2601.03781"),
        gave: "about.method.mvp",
    },
    Method {
        name: "MUSEG",
        title: "MUSEG: Reinforcing Video Temporal Understanding via Timestamp-Aware Multi-Segment Grounding",
        arxiv: Some("2505.20715"),
        gave: "about.method.museg",
    },
    Method {
        name: "VideoReasoner",
        title: "Incentivizing Versatile Video Reasoning in MLLMs via Data-Efficient Reinforcement Learning",
        arxiv: None,
        gave: "about.method.videoreasoner",
    },
];

/// Keys, and the key of what they do.
const KEYS: [(&str, &str); 6] = [
    ("Tab", "about.key.tab"),
    ("Enter, Space", "about.key.enter"),
    ("← → ↑ ↓", "about.key.arrows"),
    ("Shift + ← →", "about.key.shift"),
    ("Home, End", "about.key.ends"),
    (", .", "about.key.step"),
];

/// How a page listens for results.
const LISTEN: &str = r#"addEventListener("message", (event) => {
  if (event.data?.type === "scrubjay:result") {
    const { link, id, stimulus, answer, score, chance, seconds } = event.data;
  }
  if (event.data?.type === "scrubjay:height") {
    frame.height = event.data.height;
  }
});"#;

/// The page.
#[component]
pub(crate) fn About() -> impl IntoView {
    let frame = format!(
        "<iframe src=\"{}p/jigsaw/5?embed=1\"\n  title=\"Scrubjay\" width=\"640\" height=\"720\"></iframe>",
        place::root()
    );
    view! {
        <Heading text=Signal::derive(t!("about.title"))/>
        <div class="prose">
            <p class="lead">{t!("about.lead")}</p>
            <h2>{t!("about.puzzles")}</h2>
            <dl class="terms">
                {PUZZLES.map(|task| view! {
                    <dt><A href=format!("/play/{task}")>{t!(&format!("name.{}", task))}</A></dt>
                    <dd>{t!(&format!("invite.{}", task))}</dd>
                })}
            </dl>
            <p>{t!("about.sources")}</p>
            <h2>{t!("about.methods")}</h2>
            <p>{t!("about.methods.lead")}</p>
            <dl class="terms">{METHODS.map(method).collect_view()}</dl>
            <p>{t!("about.methods.ours")}</p>
            <h2>{t!("about.scores")}</h2>
            <p>{t!("about.scores.lead")}</p>
            <dl class="terms">
                {PUZZLES.map(|task| view! {
                    <dt>{t!(&format!("name.{}", task))}</dt>
                    <dd>{t!(&format!("about.score.{}", task))}</dd>
                })}
            </dl>
            <p>{t!("about.scores.chance")}</p>
            <h2>{t!("about.private")}</h2>
            <p>{t!("about.private.text")}</p>
            <h2>{t!("about.keys")}</h2>
            <p>{t!("about.keys.lead")}</p>
            <dl class="terms">
                {KEYS.map(|(keys, what)| view! { <dt><kbd>{keys}</kbd></dt> <dd>{t!(what)}</dd> })}
            </dl>
            <p>{t!("about.keys.touch")}</p>
            <h2>{t!("about.embed")}</h2>
            <p>{t!("about.embed.frame")}</p>
            // Wider than a narrow screen: whoever has no pointer scrolls them with the arrow keys.
            <pre tabindex="0" role="region" aria-label=t!("about.embed.code")><code>{frame}</code></pre>
            <p>{t!("about.embed.message")}</p>
            <pre tabindex="0" role="region" aria-label=t!("about.embed.listener")><code>{LISTEN}</code></pre>
            <h2>{t!("about.runs")}</h2>
            <Runs/>
            <h2>{t!("about.licences")}</h2>
            <p>{t!("about.licences.code")}</p>
            <p>{t!("about.licences.films")}</p>
            <Films/>
            <h2>{t!("about.come")}</h2>
            <p>{t!("about.come.text")}</p>
        </div>
    }
}

fn method(method: Method) -> impl IntoView {
    let Method { name, title, arxiv, gave } = method;
    view! {
        <dt>{name}</dt>
        <dd>
            <cite lang="en">{title}</cite>
            {arxiv.map(|number| view! {
                ", " <a href=format!("https://arxiv.org/abs/{number}") rel="noreferrer">"arXiv " {number}</a>
            })}
            ". " {t!(gave)}
        </dd>
    }
}

/// Whose the built-in films are.
#[component]
fn Films() -> impl IntoView {
    let films = clips::all().into_iter().map(|clip| {
        view! {
            <li>
                <cite>{clip.title}</cite> ", " {clip.credit} ", "
                <a href=clip.licence_url rel="noreferrer">{clip.licence}</a>
            </li>
        }
    });
    view! { <ul>{films.collect_view()}</ul> }
}
