//! How random a text looks.

/// Shannon entropy in bits a character: 0 for `aaaa`, 4 for 16 different characters, 6 at most for base64.
#[must_use]
pub fn shannon(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in text.as_bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = text.len() as f64;
    counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) / total).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_bits_a_character() {
        assert!(shannon("aaaaaaaa").abs() < 1e-9);
        assert!((shannon("abcdefghijklmnop") - 4.0).abs() < 1e-9);
        assert!(shannon("").abs() < 1e-9);
    }
}
