//! Bars on a logarithmic scale, each with its label and its figure, so that they read without colour as well.

use ratatui::style::Style;
use ratatui::text::Span;

use super::doc::Doc;
use super::text;

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What stands at its left.
    pub label: String,
    /// How long it is.
    pub value: f64,
    /// What stands at its right.
    pub figure: String,
    /// Its colour.
    pub style: Style,
}

/// A longer bar says no more.
const LONGEST: usize = 60;

/// A shorter one says nothing.
const SHORTEST: usize = 8;

/// Draws the bars, and below them the powers of ten.
pub fn logarithmic(doc: &mut Doc<'_>, indent: usize, bars: &[Bar]) {
    let styles = doc.styles;
    let wide = |part: fn(&Bar) -> &str| bars.iter().map(|bar| text::width(part(bar))).max().unwrap_or(0);
    let (labels, figures) = (wide(|bar| &bar.label), wide(|bar| &bar.figure));
    let room = doc.width().saturating_sub(indent + labels + figures + 3).min(LONGEST);
    let scale = Scale::new(bars, room);
    for bar in bars {
        let label = format!("{}{:>labels$} ", " ".repeat(indent), bar.label);
        if room < SHORTEST {
            doc.row(vec![Span::styled(label, styles.muted), Span::styled(bar.figure.clone(), styles.text)]);
            continue;
        }
        let full = scale.cells(bar.value);
        let rest: String = (full..room).map(|cell| if scale.is_tick(cell) { '·' } else { ' ' }).collect();
        doc.row(vec![
            Span::styled(label, styles.muted),
            Span::styled("█".repeat(full), bar.style),
            Span::styled(rest, styles.border),
            Span::styled(format!(" {:>figures$}", bar.figure), styles.text),
        ]);
    }
    if room >= SHORTEST {
        let axis = format!("{}{}", " ".repeat(indent + labels + 1), scale.axis());
        doc.row(vec![Span::styled(axis.trim_end().to_owned(), styles.muted)]);
    }
}

/// How many of `cells` the share `part` of `whole` fills: at least one, unless it is nothing.
#[must_use]
pub fn filled(part: u64, whole: u64, cells: usize) -> usize {
    if part == 0 || whole == 0 {
        return 0;
    }
    let cells = u128::try_from(cells).unwrap_or(0);
    let full = u128::from(part.min(whole)) * cells / u128::from(whole);
    usize::try_from(full.max(1).min(cells)).unwrap_or(0)
}

/// A bar that is full once `part` is `whole`.
#[must_use]
pub fn share(part: u64, whole: u64, cells: usize, style: Style, rest: Style) -> [Span<'static>; 2] {
    let full = filled(part, whole, cells);
    [Span::styled("█".repeat(full), style), Span::styled("░".repeat(cells.saturating_sub(full)), rest)]
}

/// From one power of ten to another.
struct Scale {
    low: f64,
    high: f64,
    cells: usize,
}

impl Scale {
    fn new(bars: &[Bar], cells: usize) -> Self {
        let values = || bars.iter().map(|bar| bar.value).filter(|value| value.is_finite() && *value > 0.0);
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(0.0, f64::max);
        if most <= 0.0 {
            return Self { low: 0.0, high: 1.0, cells };
        }
        let low = least.log10().floor();
        // A bar of the lowest value is seen as well.
        let low = if (least.log10() - low) < 0.15 { low - 1.0 } else { low };
        Self { low, high: most.log10().ceil().max(low + 1.0), cells }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a row has some hundred cells at most"
    )]
    fn cells(&self, value: f64) -> usize {
        if !value.is_finite() || value <= 0.0 {
            return 0;
        }
        let share = ((value.log10() - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        ((share * self.cells as f64).round() as usize).max(1)
    }

    /// The powers of ten with the cell after which each lies, as many as there is room for.
    #[expect(clippy::cast_possible_truncation, reason = "powers of ten of finite numbers")]
    fn ticks(&self) -> Vec<(i32, usize)> {
        let decades = (self.high - self.low).max(1.0);
        #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "some hundred cells at most")]
        let every = ((decades * 6.0 / self.cells.max(1) as f64).ceil() as usize).max(1);
        (self.low as i32..=self.high as i32)
            .step_by(every)
            .map(|power| (power, self.cells(10_f64.powi(power))))
            .collect()
    }

    fn is_tick(&self, cell: usize) -> bool {
        self.ticks().iter().any(|(_, at)| *at == cell + 1)
    }

    fn axis(&self) -> String {
        let mut axis = String::new();
        for (power, at) in self.ticks() {
            let label = match power {
                -3..0 => format!("{:.*}", power.unsigned_abs() as usize, 10_f64.powi(power)),
                0..=2 => 10_u32.pow(power.unsigned_abs()).to_string(),
                3..=5 => format!("{}k", 10_u32.pow(power.unsigned_abs() - 3)),
                6..=8 => format!("{}M", 10_u32.pow(power.unsigned_abs() - 6)),
                _ => format!("1e{power}"),
            };
            let at = at.saturating_sub(1);
            if axis.len() <= at && (axis.is_empty() || axis.len() < at) {
                axis.push_str(&" ".repeat(at - axis.len()));
                axis.push_str(&label);
            }
        }
        axis
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::style::Styles;

    fn bar(label: &str, value: f64) -> Bar {
        Bar { label: label.to_owned(), value, figure: crate::model::measured(value), style: Style::new() }
    }

    #[test]
    fn ten_times_the_value_is_one_step_further() {
        let bars = [1.0, 10.0, 100.0, 1000.0].map(|value| bar("", value));
        let scale = Scale::new(&bars, 40);
        assert_eq!(bars.each_ref().map(|bar| scale.cells(bar.value)), [10, 20, 30, 40]);
        let flat = [bar("", 5.0), bar("", 5.0)];
        assert!(Scale::new(&flat, 40).cells(5.0) > 20);
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Scale::new(&[bar("", odd)], 40).cells(odd), 0);
        }
        assert_eq!(scale.axis(), "0.1      1         10        100       1k");
    }

    #[test]
    fn a_share_fills_its_part_and_never_more() {
        assert_eq!([0, 1, 45, 90, 500].map(|days| filled(days, 90, 30)), [0, 1, 15, 30, 30]);
        assert_eq!((filled(5, 0, 30), filled(u64::MAX, u64::MAX, 30), filled(5, 5, 0)), (0, 30, 0));
    }

    #[test]
    fn bars_never_leave_the_page() {
        let styles = Styles::default();
        let bars = [bar("now", 0.001), bar("1,000 times", 1e11)];
        for width in 0..100 {
            let mut doc = Doc::new(&styles, width);
            logarithmic(&mut doc, 2, &bars);
            assert!(doc.rows() >= 2);
        }
    }
}
