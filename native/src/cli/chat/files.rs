//! The files of a conversation: in the order of the command line, across `--video` and `--image`, and where the
//! prompt wants them.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, value_parser};
use scrubjay_model::pixels::Kind;
use scrubjay_model::template::Content;

use crate::error::Error;
use crate::media::Shown;

/// Files by their place on the command line. Clap's derive keeps the order within an option only.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Files(Vec<(Kind, PathBuf)>);

/// Option, kind, the mark in a prompt, help.
const KINDS: [(&str, Kind, &str, &str); 2] = [
    ("video", Kind::Clip, "<video>", "Videos: files, or folders of pictures"),
    ("image", Kind::Image, "<image>", "Images"),
];

impl FromArgMatches for Files {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut found = Vec::new();
        for (name, kind, ..) in KINDS {
            let (Some(places), Some(paths)) = (matches.indices_of(name), matches.get_many::<PathBuf>(name))
            else {
                continue;
            };
            found.extend(places.zip(paths).map(|(place, path)| (place, kind, path.clone())));
        }
        found.sort_by_key(|(place, ..)| *place);
        Ok(Self(found.into_iter().map(|(_, kind, path)| (kind, path)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Files {
    fn augment_args(command: Command) -> Command {
        KINDS.into_iter().fold(command, |command, (name, .., help)| {
            let arg = Arg::new(name).long(name).value_name("FILE").help(help);
            command.arg(arg.num_args(1..).action(ArgAction::Append).value_parser(value_parser!(PathBuf)))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Files {
    /// Reads all files in their order.
    pub(super) fn read(
        &self,
        mut read: impl FnMut(Kind, &Path) -> Result<Shown, Error>,
    ) -> Result<Vec<Shown>, Error> {
        self.0.iter().map(|(kind, path)| read(*kind, path)).collect()
    }

    /// The first turn: what it is made of, and which file stands at each place for one. Files of a kind that the prompt
    /// has marks for stand there, in their order; all others stand before it.
    ///
    /// # Errors
    /// Usage, where marks and files of a kind differ in number.
    pub(super) fn content(&self, prompt: &str) -> Result<(Vec<Content>, Vec<usize>), Error> {
        let of = |wanted: Kind| (0..self.0.len()).filter(move |&i| self.0[i].0 == wanted);
        for (name, kind, mark, _) in KINDS {
            let (marks, files) = (prompt.matches(mark).count(), of(kind).count());
            if marks > 0 && marks != files {
                return Err(Error::usage(format!(
                    "the prompt says {mark} {marks} times, but --{name} gives {files} files: name as many, or leave the \
                     marks out and the files stand before the text"
                )));
            }
        }
        let (mut content, mut order) = (Vec::new(), Vec::new());
        let mut put = |content: &mut Vec<Content>, i: usize| {
            content.push(match self.0[i].0 {
                Kind::Clip => Content::Video,
                Kind::Image => Content::Image,
            });
            order.push(i);
        };
        let marked = |kind| KINDS.iter().any(|(_, k, mark, _)| *k == kind && prompt.contains(mark));
        for (i, (kind, _)) in self.0.iter().enumerate() {
            if !marked(*kind) {
                put(&mut content, i);
            }
        }
        let (mut videos, mut images) = (of(Kind::Clip), of(Kind::Image));
        let mut rest = prompt;
        while let Some((at, kind, mark)) = KINDS
            .iter()
            .filter_map(|(_, kind, mark, _)| Some((rest.find(mark)?, *kind, *mark)))
            .min_by_key(|m| m.0)
        {
            if at > 0 {
                content.push(Content::Text(rest[..at].to_owned()));
            }
            let next = if kind == Kind::Clip { videos.next() } else { images.next() };
            if let Some(i) = next {
                put(&mut content, i);
            }
            rest = &rest[at + mark.len()..];
        }
        if !rest.is_empty() || content.is_empty() {
            content.push(Content::Text(rest.to_owned()));
        }
        Ok((content, order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Files {
        let kind = |n: &str| if n.ends_with("png") { Kind::Image } else { Kind::Clip };
        Files(names.iter().map(|n| (kind(n), PathBuf::from(n))).collect())
    }

    fn text(text: &str) -> Content {
        Content::Text(text.to_owned())
    }

    #[test]
    fn files_stand_before_the_text_or_at_their_marks() {
        use Content::{Image, Video};
        let three = files(&["a.mp4", "b.png", "c.mp4"]);
        assert_eq!(
            three.content("Why?").ok(),
            Some((vec![Video, Image, Video, text("Why?")], vec![0, 1, 2]))
        );
        // Only videos have marks: the image stands before the text.
        let (content, order) = three.content("<video> then <video>, why?").expect("two marks, two videos");
        assert_eq!(content, [Image, Video, text(" then "), Video, text(", why?")]);
        assert_eq!(order, [1, 0, 2]);
        for (given, prompt) in [(&three, "<video>?"), (&three, "<image><image>"), (&files(&[]), "<video>")] {
            assert_eq!(given.content(prompt).expect_err(prompt).exit_code(), 2);
        }
        assert_eq!(files(&[]).content("").ok(), Some((vec![text("")], vec![])));
    }

    #[test]
    fn the_order_is_that_of_the_command_line() {
        use clap::Args as _;
        let command = Files::augment_args(Command::new("x"));
        let line = ["x", "--image", "1.png", "--video", "2.mp4", "3.mp4", "--image", "4.png"];
        let found = command.try_get_matches_from(line).and_then(|m| Files::from_arg_matches(&m));
        assert_eq!(found.expect("parses"), files(&["1.png", "2.mp4", "3.mp4", "4.png"]));
    }
}
