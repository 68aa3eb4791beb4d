//! A link to be scanned, drawn with half blocks: two rows of squares to a line.

use std::io::{self, IsTerminal as _};

use qrcode::{Color, EcLevel, QrCode};

use super::Failure;

/// White around the code, in squares. Four are asked for; phones do with two, and the terminal is small.
const QUIET: usize = 2;
/// Black on white, whatever the terminal's colours are, and back.
const COLOURS: (&str, &str) = ("\u{1b}[38;5;16;48;5;231m", "\u{1b}[0m");

/// The link as a picture.
pub(super) fn drawn(link: &str) -> Result<String, Failure> {
    let code = QrCode::with_error_correction_level(link, EcLevel::L)?;
    let (before, after) = if io::stdout().is_terminal() { COLOURS } else { ("", "") };
    Ok(lines(&code).map(|line| [before, &line, after].concat()).collect::<Vec<_>>().join("\n"))
}

fn lines(code: &QrCode) -> impl Iterator<Item = String> {
    let (colours, width) = (code.to_colors(), code.width());
    let dark = move |x: usize, y: usize| {
        let inside = |n: usize| n.checked_sub(QUIET).filter(|n| *n < width);
        let square = inside(x).zip(inside(y)).and_then(|(x, y)| colours.get(y * width + x));
        square == Some(&Color::Dark)
    };
    let size = width + 2 * QUIET;
    (0..size).step_by(2).map(move |y| {
        let block = |x| match (dark(x, y), dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..size).map(block).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_square_is_drawn_where_it_belongs_with_white_around() {
        let code = QrCode::new("https://192.0.2.7:4000/join#token=abc").unwrap();
        let drawn: Vec<Vec<char>> = lines(&code).map(|line| line.chars().collect()).collect();
        for y in 0..code.width() + 2 * QUIET {
            for x in 0..code.width() + 2 * QUIET {
                let block = drawn[y / 2][x];
                let dark = block == '█' || block == if y % 2 == 0 { '▀' } else { '▄' };
                let inside =
                    (QUIET..code.width() + QUIET).contains(&x) && (QUIET..code.width() + QUIET).contains(&y);
                assert_eq!(dark, inside && code[(x - QUIET, y - QUIET)] == Color::Dark, "{x}, {y}");
            }
        }
    }
}
