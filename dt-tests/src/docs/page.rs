//! A page's code blocks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A code block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Line of its first line, counted from 1.
    pub line: usize,
    /// Language.
    pub language: String,
    /// What stands behind the language.
    pub argument: String,
    /// The text.
    pub text: String,
}

/// A page of the documentation.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its path in the repository.
    pub name: String,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

impl Page {
    /// Every page that a reader follows: the READMEs and `docs/`.
    ///
    /// # Errors
    /// A page that cannot be read, or a block without a language.
    pub fn all(repository: &Path) -> Result<Vec<Self>> {
        let mut paths: Vec<PathBuf> =
            ["README.md", "README.zh-CN.md"].map(|name| repository.join(name)).into();
        for entry in fs::read_dir(repository.join("docs"))? {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
        paths.sort();
        let mut pages = Vec::new();
        for path in paths {
            let name = path.strip_prefix(repository)?.display().to_string();
            let text = fs::read_to_string(&path).with_context(|| name.clone())?;
            pages.push(Self::parse(&name, &text)?);
        }
        Ok(pages)
    }

    /// Reads a page's text.
    ///
    /// # Errors
    /// A block without a language: nobody could say whether it holds commands.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut inside = false;
        for (event, range) in Parser::new(text).into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let opening = text[..range.start].matches('\n').count() + 1;
                    let CodeBlockKind::Fenced(info) = kind else {
                        bail!("{name}:{opening}: an indented code block: fence it and name its language");
                    };
                    let (language, argument) = info.split_once(' ').unwrap_or((&info, ""));
                    if language.is_empty() {
                        bail!("{name}:{opening}: a code block without a language");
                    }
                    blocks.push(Block {
                        line: opening + 1,
                        language: language.to_owned(),
                        argument: argument.trim().to_owned(),
                        text: String::new(),
                    });
                    inside = true;
                }
                Event::Text(part) if inside => {
                    if let Some(block) = blocks.last_mut() {
                        block.text.push_str(&part);
                    }
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                _ => {}
            }
        }
        Ok(Self { name: name.to_owned(), blocks })
    }

    /// Whether a reader can follow the page at a shell.
    pub fn is_walk(&self) -> bool {
        self.blocks.iter().any(|block| block.language == "console")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_place_and_language() {
        let page = Page::parse(
            "p.md",
            "# T\n\n```ini shop.ini\n[task]\n```\n\n- a\n\n  ```sh\n  make test\n  ```\n",
        )
        .unwrap();
        let seen: Vec<_> = page
            .blocks
            .iter()
            .map(|b| (b.line, b.language.as_str(), b.argument.as_str(), b.text.as_str()))
            .collect();
        assert_eq!(seen, [(4, "ini", "shop.ini", "[task]\n"), (10, "sh", "", "make test\n")]);
    }

    #[test]
    fn blocks_without_a_language_are_refused() {
        for text in ["a\n\n    make test\n", "```\nmake test\n```\n"] {
            let refused = Page::parse("p.md", text).unwrap_err().to_string();
            assert!(refused.starts_with("p.md:"), "{refused}");
        }
    }
}
