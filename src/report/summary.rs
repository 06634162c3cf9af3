//! The report as Markdown, for the summary of a CI job or a pull request.

use std::fmt::Write;

use super::Report;
use super::view::{FindingView, View};

/// The findings that are told one by one.
const FINDINGS: usize = 20;

/// The report as Markdown.
#[must_use]
pub fn write(report: &Report<'_>) -> String {
    let view = View::of(report);
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = page(&view, &mut out);
    out
}

fn page(view: &View, out: &mut String) -> std::fmt::Result {
    let mark = if view.green { "✅" } else { "❌" };
    writeln!(
        out,
        "## {mark} unstick {}: {}\n",
        view.role,
        code(&view.subject)
    )?;
    if let Some(why) = &view.unjudged {
        writeln!(out, "The run did not come to its end: {}\n", plain(why))?;
    }
    let (passed, owed) = (view.passed, view.owed);
    writeln!(out, "**{passed} of {owed}** checks passed.\n")?;
    writeln!(out, "| verdict | checks |\n|---|---:|")?;
    for count in &view.counts {
        writeln!(out, "| {} | {} |", count.verdict, count.number)?;
    }
    for finding in view.findings.iter().take(FINDINGS) {
        tell(finding, out)?;
    }
    if view.findings.len() > FINDINGS {
        writeln!(
            out,
            "\n… and {} more findings.",
            view.findings.len() - FINDINGS
        )?;
    }
    Ok(())
}

fn tell(finding: &FindingView, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "\n### {} {} ({} check{})\n\n{}\n",
        finding.verdict.to_uppercase(),
        plain(&finding.requirement),
        finding.checks,
        if finding.checks == 1 { "" } else { "s" },
        plain(&finding.text)
    )?;
    if let Some(cause) = &finding.cause {
        writeln!(out, "**Likely cause:** {}\n", plain(cause))?;
    }
    writeln!(
        out,
        "{} {}: {}\n",
        code(&finding.example),
        plain(&finding.cut),
        plain(&finding.message)
    )?;
    if let Some(picture) = &finding.picture {
        writeln!(out, "Expected: {}\n", plain(&picture.expected))?;
        if let Some(versus) = &picture.versus {
            writeln!(out, "First wrong octet: {}\n", plain(&versus.words))?;
        }
    }
    writeln!(out, "Run it again: {}", code(&finding.rerun))
}

/// Text in which nothing is markup, on one line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // A colon is markup only in front of what it belongs to: `https://`, `:name:`.
            ':' if characters.peek().is_none_or(|next| next.is_whitespace()) => out.push(':'),
            '\n' | '\r' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '@' | ':' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// Text as code on one line, behind a fence that is longer than any run of backquotes in it.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_sent_is_markup() {
        assert_eq!(plain("<b>|x|\n*y*"), "&lt;b&gt;\\|x\\| \\*y\\*");
        assert_eq!(plain("![a](https://b): c"), "!\\[a\\](https\\://b): c");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(code("x|y"), "` x|y `");
    }
}
