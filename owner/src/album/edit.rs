//! One value of a `metadata.yml` changed, and every other byte left as it is.
//!
//! The file is parsed with the parser that the builder reads it with, which tells where each value stands; the new value
//! is written over just those bytes. Then the result is parsed and compared with what it should say. So whatever a
//! person may write in YAML, the outcome is the wanted file or a refusal.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

/// A value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Words.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

/// Why a file was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// It is not YAML.
    #[error("line {line}, column {column}: {what}")]
    Unreadable { line: usize, column: usize, what: String },
    /// It is YAML of a kind that cannot be changed with confidence.
    #[error("it is written in a way that only a person can change: write `{0}` into it by hand")]
    ByHand(String),
}

/// Sets the value at a path of keys, or removes it.
pub(crate) fn edit(text: &str, path: &[&str], value: Option<&Value>) -> Result<String, EditError> {
    let by_hand = || EditError::ByHand(path.join(": "));
    let root = parse(text)?;
    let old = root.as_ref().map_or(Shape::Nothing, Node::shape);
    let Some(wanted) = old.clone().with(path, value) else { return Err(by_hand()) };
    if wanted == old {
        return Ok(text.to_owned());
    }
    let edited = Edit { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" } };
    let new = edited.at(root.as_ref(), path, value).ok_or_else(by_hand)?;
    let told = parse(&new).map_err(|_| by_hand())?.as_ref().map_or(Shape::Nothing, Node::shape);
    // A map whose last entry was removed says nothing any more.
    if told == wanted || (told == Shape::Nothing && wanted == Shape::Map(Vec::new())) {
        Ok(new)
    } else {
        Err(by_hand())
    }
}

/// A value and where it stands.
#[derive(Debug)]
struct Node {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar { text: String, plain: bool },
    Map { flow: bool, entries: Vec<(Node, Node)> },
    List(Vec<Node>),
    Alias(usize),
}

/// What a file says, without where it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Nothing,
    Scalar(String, bool),
    Map(Vec<(Shape, Shape)>),
    List(Vec<Shape>),
    Alias(usize),
}

fn parse(text: &str) -> Result<Option<Node>, EditError> {
    let mut parser = Parser::new_from_str(text);
    let mut events = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| EditError::Unreadable {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            what: error.info(),
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        events.push((event, range));
    }
    let mut documents = 0;
    let mut events = events.into_iter().filter(|(event, _)| {
        documents += usize::from(matches!(event, Event::DocumentStart(..)));
        event.is_node() || matches!(event, Event::MappingEnd | Event::SequenceEnd)
    });
    let root = node(&mut events);
    if events.next().is_some() || documents > 1 {
        return Err(EditError::ByHand("this".to_owned()));
    }
    Ok(root.filter(|root| !matches!(&root.kind, Kind::Scalar { text, plain: true } if is_nothing(text))))
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn node<'a>(events: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>) -> Option<Node> {
    let (event, mut range) = events.next()?;
    let kind = match event {
        Event::Scalar(text, style, ..) => Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain },
        Event::Alias(id) => Kind::Alias(id),
        Event::SequenceStart(style, ..) => {
            let mut items = Vec::new();
            while let Some(item) = node(events) {
                range.end = range.end.max(item.range.end);
                items.push(item);
            }
            let _ = style;
            Kind::List(items)
        }
        Event::MappingStart(style, ..) => {
            let mut entries = Vec::new();
            while let Some(key) = node(events) {
                let value = node(events)?;
                range.end = range.end.max(key.range.end).max(value.range.end);
                entries.push((key, value));
            }
            Kind::Map { flow: style == StructureStyle::Flow, entries }
        }
        // The end of the list or map that is being read.
        _ => return None,
    };
    Some(Node { range, kind })
}

impl Node {
    fn shape(&self) -> Shape {
        match &self.kind {
            Kind::Scalar { text, plain } => Shape::Scalar(text.clone(), *plain),
            Kind::Alias(id) => Shape::Alias(*id),
            Kind::List(items) => Shape::List(items.iter().map(Self::shape).collect()),
            Kind::Map { entries, .. } => Shape::Map(entries.iter().map(|(k, v)| (k.shape(), v.shape())).collect()),
        }
    }

    fn says(&self, key: &str) -> bool {
        matches!(&self.kind, Kind::Scalar { text, .. } if text == key)
    }

    fn is_nothing(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if is_nothing(text))
    }
}

impl Shape {
    /// The same with one value changed; `None` where a map is expected and something else is there.
    fn with(self, path: &[&str], value: Option<&Value>) -> Option<Self> {
        let [key, rest @ ..] = path else { return value.map(Value::shape) };
        let mut entries = match self {
            Self::Map(entries) => entries,
            Self::Nothing => Vec::new(),
            Self::Scalar(text, true) if is_nothing(&text) => Vec::new(),
            _ => return None,
        };
        let at = entries.iter().position(|(k, _)| matches!(k, Self::Scalar(text, _) if text == key));
        let old = at.map_or(Self::Nothing, |at| entries[at].1.clone());
        let new = if rest.is_empty() {
            value.map(Value::shape)
        } else if value.is_none() && (at.is_none() || matches!(&old, Self::Scalar(t, true) if is_nothing(t))) {
            return Some(Self::Map(entries));
        } else {
            // Without its last entry a map inside goes as a whole.
            Some(old.with(rest, value)?).filter(|inner| *inner != Self::Map(Vec::new()))
        };
        match (at, new) {
            (Some(at), Some(new)) => entries[at].1 = new,
            (Some(at), None) => drop(entries.remove(at)),
            (None, Some(new)) => entries.push((Value::Text((*key).to_owned()).shape(), new)),
            (None, None) => {}
        }
        Some(Self::Map(entries))
    }
}

impl Value {
    fn shape(&self) -> Shape {
        let written = self.written(false);
        match self {
            Self::Flag(_) => Shape::Scalar(written, true),
            Self::Text(text) => Shape::Scalar(text.clone(), !written.starts_with(['\'', '"'])),
        }
    }

    /// As YAML: plain where nobody could take it for something else, quoted otherwise.
    fn written(&self, _flow: bool) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) if is_plain(text) => text.clone(),
            Self::Text(text) if text.chars().all(is_printable) => format!("'{}'", text.replace('\'', "''")),
            Self::Text(text) => escaped(text),
        }
    }
}

/// Words that begin with a letter and hold nothing that YAML gives a meaning to, anywhere.
fn is_plain(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"];
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '/' | '(' | ')' | '+' | '!' | '\'');
    text.starts_with(char::is_alphabetic)
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !words.contains(&text.to_lowercase().as_str())
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_printable(c) => quoted.push(c),
            c => quoted.extend(["\\U", &format!("{:08x}", u32::from(c))]),
        }
    }
    quoted.push('"');
    quoted
}

struct Edit<'a> {
    text: &'a str,
    newline: &'static str,
}

impl Edit<'_> {
    fn at(&self, root: Option<&Node>, path: &[&str], value: Option<&Value>) -> Option<String> {
        let Some(root) = root else {
            return self.at_the_end(path, value);
        };
        let Kind::Map { flow, entries } = &root.kind else { return None };
        self.inside(root, *flow, entries, path, value)
    }

    /// The file says nothing yet, but it may have comments.
    fn at_the_end(&self, path: &[&str], value: Option<&Value>) -> Option<String> {
        let lines = self.entry("", path, value?);
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { self.newline };
        Some(format!("{}{gap}{lines}{}", self.text, self.newline))
    }

    fn inside(
        &self,
        map: &Node,
        flow: bool,
        entries: &[(Node, Node)],
        path: &[&str],
        value: Option<&Value>,
    ) -> Option<String> {
        let [key, rest @ ..] = path else { return None };
        let Some(at) = entries.iter().position(|(k, _)| k.says(key)) else {
            return self.insert(map, flow, entries, path, value?);
        };
        let (_, old) = &entries[at];
        match (&old.kind, rest, value) {
            (Kind::Map { flow, entries: inner }, [_, ..], _) => {
                let removes_the_last = value.is_none() && inner.len() == 1 && inner[0].0.says(rest[0]);
                if removes_the_last {
                    self.remove(*flow, entries, at)
                } else {
                    self.inside(old, *flow, inner, rest, value)
                }
            }
            (_, [_, ..], Some(value)) if old.is_nothing() && !flow => {
                // `captions:` with nothing after it, or `~`.
                let indent = format!("{}  ", self.indent(entries[0].0.range.start)?);
                let inner = self.entry(&indent, rest, value);
                let (start, end) = (old.range.start.max(entries[at].0.range.end), old.range.end);
                let colon = entries[at].0.range.end + self.text[entries[at].0.range.end..].find(':')? + 1;
                let line_end = self.line_end(colon);
                let without = if end > start { self.splice(start..end, "") } else { self.text.to_owned() };
                let line_end = if end > start { line_end - (end - start) } else { line_end };
                Some(format!("{}{}{inner}{}", &without[..line_end], self.newline, &without[line_end..]))
            }
            (_, [_, ..], _) => None,
            (_, [], None) => self.remove(flow, entries, at),
            (_, [], Some(value)) => {
                let key_end = entries[at].0.range.end;
                let colon = key_end + self.text[key_end..].find(':')? + 1;
                let block = matches!(&old.kind, Kind::Scalar { .. }) && !self.is_on_a_line(colon, old);
                let whole = !matches!(&old.kind, Kind::Scalar { .. }) || block || old.range.is_empty();
                if whole {
                    let end = colon.max(self.trimmed_end(old.range.end));
                    Some(self.splice(colon..end, &format!(" {}", value.written(flow))))
                } else {
                    Some(self.splice(old.range.clone(), &value.written(flow)))
                }
            }
        }
    }

    /// Whether a scalar is written right after its colon, without `|` or `>` and without a line break in front.
    fn is_on_a_line(&self, colon: usize, old: &Node) -> bool {
        self.text.get(colon..old.range.start).is_some_and(|gap| gap.chars().all(|c| c == ' ' || c == '\t'))
            && !self.text[old.range.clone()].starts_with(['|', '>'])
    }

    fn insert(&self, map: &Node, flow: bool, entries: &[(Node, Node)], path: &[&str], value: &Value) -> Option<String> {
        if flow {
            let [key] = path else { return None };
            let entry = format!("{}: {}", Value::Text((*key).to_owned()).written(true), value.written(true));
            if let Some((_, last)) = entries.last() {
                return Some(self.splice(last.range.end..last.range.end, &format!(", {entry}")));
            }
            let open = map.range.start + self.text[map.range.start..].find('{')? + 1;
            return Some(self.splice(open..open, &entry));
        }
        let ((first, _), (last_key, last)) = (entries.first()?, entries.last()?);
        let end = self.line_end(self.trimmed_end(last.range.end).max(last_key.range.end));
        let lines = self.entry(self.indent(first.range.start)?, path, value);
        let gap = self.newline;
        Some(self.splice(end..end, &format!("{gap}{lines}")))
    }

    fn remove(&self, flow: bool, entries: &[(Node, Node)], at: usize) -> Option<String> {
        let (key, value) = &entries[at];
        if flow {
            let range = match (entries.get(at + 1), at.checked_sub(1)) {
                (Some((next, _)), _) => key.range.start..next.range.start,
                (None, Some(before)) => entries[before].1.range.end..value.range.end,
                (None, None) => key.range.start..value.range.end.max(key.range.end),
            };
            return Some(self.splice(range, ""));
        }
        self.indent(key.range.start)?;
        let start = self.line_start(key.range.start);
        let end = self.line_end(self.trimmed_end(value.range.end).max(key.range.end));
        if end == self.text.len() {
            // The last line, which no line break ends: that of the line before goes with it.
            let before = self.text[..start].strip_suffix('\n').unwrap_or(&self.text[..start]);
            let start = before.strip_suffix('\r').unwrap_or(before).len();
            return Some(self.splice(start..end, ""));
        }
        let end = if self.text[end..].starts_with("\r\n") { end + 2 } else { end + 1 };
        Some(self.splice(start..end, ""))
    }

    /// Keys and value as lines, without the last line's end.
    fn entry(&self, indent: &str, path: &[&str], value: &Value) -> String {
        let key = Value::Text(path[0].to_owned()).written(false);
        match path {
            [_] => format!("{indent}{key}: {}", value.written(false)),
            [_, rest @ ..] => {
                let inner = self.entry(&format!("{indent}  "), rest, value);
                format!("{indent}{key}:{}{inner}", self.newline)
            }
            [] => String::new(),
        }
    }

    fn splice(&self, range: Range<usize>, with: &str) -> String {
        format!("{}{with}{}", &self.text[..range.start], &self.text[range.end..])
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |found| found + 1)
    }

    /// Where the line ends that holds this place, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |found| at + found);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// What is in front of a key on its line; `None` when that is not just spaces.
    fn indent(&self, at: usize) -> Option<&str> {
        let before = &self.text[self.line_start(at)..at];
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        before.chars().all(|c| c == ' ').then_some(before)
    }

    /// The end of a value without the line breaks that a block scalar takes in.
    fn trimmed_end(&self, end: usize) -> usize {
        self.text[..end].trim_end_matches([' ', '\t', '\n', '\r']).len()
    }
}

#[cfg(test)]
mod tests;
