//! How a message begins, as the plain words of a list: what marks headings, emphasis and links is for those who read all
//! of it.

use pulldown_cmark::{Event, Options, Parser, TagEnd};

/// The most of a text that is looked at, in bytes: what stands in an excerpt stands at its beginning.
const LOOKED_AT: usize = 4_096;

/// The first so many characters of a text, on one line.
pub fn of_text(text: &str, most: usize) -> String {
    let mut line = Line::new(most);
    line.add(beginning(text));
    line.text
}

/// The same of a text in Markdown, as it reads once it is shown.
pub fn of_markdown(text: &str, most: usize) -> String {
    let mut line = Line::new(most);
    let extensions = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(beginning(text), extensions) {
        match event {
            // The pages read no HTML: it is text like any other.
            Event::Text(words)
            | Event::Code(words)
            | Event::Html(words)
            | Event::InlineHtml(words)
            | Event::InlineMath(words)
            | Event::DisplayMath(words)
            | Event::FootnoteReference(words) => line.add(&words),
            Event::SoftBreak | Event::HardBreak | Event::Rule => line.part(),
            Event::Start(tag) if !is_inline(tag.to_end()) => line.part(),
            Event::End(tag) if !is_inline(tag) => line.part(),
            Event::Start(_) | Event::End(_) | Event::TaskListMarker(_) => {}
        }
        if line.is_full() {
            break;
        }
    }
    line.text
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text)
}

/// What stands within a line, and parts no words.
fn is_inline(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}

/// One line that grows up to its length.
struct Line {
    text: String,
    free: usize,
    /// Whether a space stands between what is there and what comes.
    parted: bool,
}

impl Line {
    fn new(most: usize) -> Self {
        Self { text: String::new(), free: most, parted: false }
    }

    fn part(&mut self) {
        self.parted = !self.text.is_empty();
    }

    fn add(&mut self, words: &str) {
        for character in words.chars() {
            if character.is_whitespace() {
                self.part();
            } else if self.parted && self.free > 1 {
                self.text.extend([' ', character]);
                (self.free, self.parted) = (self.free - 2, false);
            } else if !self.parted && self.free > 0 {
                self.text.push(character);
                self.free -= 1;
            } else {
                self.free = 0;
                return;
            }
        }
    }

    fn is_full(&self) -> bool {
        self.free == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markdown_reads_in_a_list_as_it_reads_when_it_is_shown() {
        for (markdown, plain) in [
            ("**Drink** _enough_ `water`.", "Drink enough water."),
            ("# Sleep\n\nGo to bed *early*.\nAlways.", "Sleep Go to bed early. Always."),
            (
                "See [the leaflet](https://example.org/a \"b\") and <https://example.org>.",
                "See the leaflet and https://example.org.",
            ),
            ("1. one\n2. two\n   - three\n\n> four", "one two three four"),
            ("| a | b |\n|---|---|\n| c | d |", "a b c d"),
            ("```rust\nfn main() {}\n```\nDone", "fn main() {} Done"),
            ("![a heart](https://example.org/x.png) ~~beats~~", "a heart beats"),
            ("half **bold and [half", "half **bold and [half"),
            ("<b>loud</b> &amp; 3 < 4", "<b>loud</b> & 3 < 4"),
            ("a\n\n---\n\nb", "a b"),
            ("2 * 3 * 4 = snake_case_word", "2 * 3 * 4 = snake_case_word"),
            ("  \n\n ", ""),
        ] {
            assert_eq!(of_markdown(markdown, 120), plain, "{markdown}");
        }
    }

    #[test]
    fn what_people_write_is_shown_as_they_wrote_it_on_one_line() {
        assert_eq!(of_text("  **Hi**\n\n# there ", 120), "**Hi** # there");
        assert_eq!(of_text("ääää", 3), "äää");
        assert_eq!(of_text("ab cd", 3), "ab");
    }

    proptest! {
        #[test]
        fn an_excerpt_is_one_line_of_its_length_whatever_it_is_of(text in "[-a-z#*_`\\[\\]()<>!|~> \nä🎈]{0,300}", most in 0_usize..130) {
            for excerpt in [of_markdown(&text, most), of_text(&text, most)] {
                prop_assert!(excerpt.chars().count() <= most);
                prop_assert!(!excerpt.contains(['\n', '\r']) && excerpt.trim() == excerpt);
            }
        }
    }
}
